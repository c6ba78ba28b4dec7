import { basename, dirname } from 'node:path';
import { EnvHttpProxyAgent, fetch } from 'undici';
import { messageOf, PromoterError } from '../errors.ts';
import { parseBundle } from '../manifest/bundle.ts';
import { readText } from '../manifest/file-reader.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { isLoopback } from '../registry/network-address.ts';
import { hostOf, pathOf, type RegistryName, type RepositoryName } from '../reference.ts';

/** A registry that people pull from, and where else the same is to be. */
export interface Production {
  readonly source: RegistryName;
  /** The registry itself and its mirrors: the same path on every host. */
  readonly registries: readonly RegistryName[];
}

const TIMEOUT_MS = 30_000;
const LARGEST = 1024 * 1024;

/**
 * Finds the mirrors of a production registry: the hosts of the destinations of a promotion manifest, each with the
 * registry's own path. The manifest may list destinations of other paths as well; a mirror mirrors all of them.
 *
 * @param address a file, or an HTTPS address
 * @throws PromoterError `ConfigInvalid` when it cannot be read, or is no manifest
 */
export async function readProduction(registry: RegistryName, address: string): Promise<Production> {
  try {
    const { source, destinations } = await readManifest(address);
    const hosts = new Set(destinations.map(hostOf));
    const path = pathOf(registry as string as RepositoryName);
    const mirrors = [...hosts].map((host) => `${host}/${path}` as RegistryName);
    return { source, registries: [...new Set([registry, ...mirrors])] };
  } catch (thrown) {
    throw new PromoterError(
      'ConfigInvalid',
      `the mirrors of ${registry} are not known: ${messageOf(thrown)}. PROMOTER_PRODUCTION_MIRRORS names another manifest that lists them, as a file or an HTTPS address`,
      { cause: thrown },
    );
  }
}

async function readManifest(address: string): Promise<Manifest> {
  const remote = /^https?:\/\//.test(address);
  const text = remote ? await download(secure(new URL(address))) : await readText(address);
  const files = [{ path: basename(address), text }];
  const { manifests } = parseBundle({ kind: 'plain', files }, { root: remote ? '' : dirname(address) });
  const [manifest] = manifests;
  if (manifest === undefined) throw new Error(`${address} is no promotion manifest`);
  return manifest;
}

/** What it lists decides where signatures are written, so nobody on the way may change it. */
function secure(url: URL): URL {
  if (url.protocol === 'https:' || isLoopback(url.hostname)) return url;
  throw new Error(`${url.href} does not begin with https://`);
}

async function download(url: URL): Promise<string> {
  const dispatcher = new EnvHttpProxyAgent();
  try {
    const response = await fetch(url, { dispatcher, signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!response.ok) throw new Error(`${url.href} answered ${response.status}`);
    const bytes = await response.arrayBuffer();
    if (bytes.byteLength > LARGEST) throw new Error(`${url.href} is larger than ${LARGEST} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (thrown) {
    throw thrown instanceof TypeError ? new Error(`${url.href}: ${reasonOf(thrown)}`, { cause: thrown }) : thrown;
  } finally {
    await dispatcher.close();
  }
}

/** fetch says why in the cause alone. */
function reasonOf(thrown: TypeError): string {
  return thrown.cause === undefined ? messageOf(thrown) : messageOf(thrown.cause);
}
