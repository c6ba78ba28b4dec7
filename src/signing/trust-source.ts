import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SigningConfig } from '@sigstore/protobuf-specs';
import { DEFAULT_MIRROR_URL, initTUF } from '@sigstore/tuf';
import { PromoterError, messageOf } from '../errors.ts';
import { parseSigningConfig } from './signing-config.ts';
import { parseTrustRoot, readTrustRoot } from './trust-root.ts';
import type { TrustRoot } from './trust-root.ts';

/** What a TUF repository of Sigstore hands out, or a file. */
export interface TrustMaterials {
  readonly root: TrustRoot;
  /** Absent from files, and from repositories that have none. */
  readonly signingConfig?: SigningConfig;
}

/** The trust root of this process: loaded once when it is created, then at hand without any request. */
export interface TrustSource {
  /** @throws PromoterError `TrustRootInvalid`, or `SigningUnavailable` when a TUF repository could not be reached */
  current(): Promise<TrustMaterials>;
  /** Loads again. When that fails, what was loaded before stays in use. @throws PromoterError as {@link current} */
  refresh(): Promise<void>;
  /** Ends refreshing and removes the cache folder. */
  close(): Promise<void>;
}

export interface TufOptions {
  /** The public good instance unless given. */
  readonly mirrorUrl?: string;
  /** A `root.json` to begin with; needed for every mirror but the public good instance. */
  readonly rootPath?: string;
  /** Where cache folders, one per process, are made; the system's temporary folder unless given. */
  readonly cacheFolder?: string;
  /** Milliseconds; every six hours unless given. */
  readonly refreshEveryMs?: number;
}

/** Trusts what a file says. */
export function fileTrustSource(path: string): TrustSource {
  return trustSource(async () => ({ root: await readTrustRoot(path) }), { close: async () => undefined });
}

/**
 * Trusts what a TUF repository says, begins to load it at once and looks for news in the background.
 *
 * The cache folder belongs to this process alone: two processes that fill one at the same time read each other's half
 * written files.
 */
export function tufTrustSource(options: TufOptions = {}): TrustSource {
  const { cacheFolder = tmpdir(), refreshEveryMs = 6 * 3600_000 } = options;
  let folder: Promise<string> | undefined;
  async function load(): Promise<TrustMaterials> {
    folder ??= mkdir(cacheFolder, { recursive: true, mode: 0o700 }).then(() =>
      mkdtemp(join(cacheFolder, 'sigstore-tuf-')),
    );
    return loadFromTuf(options, await folder);
  }
  const source = trustSource(load, {
    close: async () => {
      clearInterval(timer);
      if (folder !== undefined) await rm(await folder, { recursive: true, force: true });
    },
  });
  const timer = setInterval(() => void source.refresh().catch(() => undefined), refreshEveryMs).unref();
  return source;
}

/** Where a process gets its trusted root: a file, or the TUF repository of the public good instance or of a mirror. */
export function openTrustSource(settings: {
  readonly trustedRoot?: string;
  readonly tufMirror?: string;
  readonly tufRoot?: string;
}): TrustSource {
  const { trustedRoot, tufMirror, tufRoot } = settings;
  if (trustedRoot !== undefined) return fileTrustSource(trustedRoot);
  return tufTrustSource({
    ...(tufMirror === undefined ? {} : { mirrorUrl: tufMirror }),
    ...(tufRoot === undefined ? {} : { rootPath: tufRoot }),
  });
}

function trustSource(load: () => Promise<TrustMaterials>, { close }: Pick<TrustSource, 'close'>): TrustSource {
  let materials: Promise<TrustMaterials> | undefined;
  function begin(): Promise<TrustMaterials> {
    const loading = load();
    materials = loading;
    loading.catch(() => {
      // What failed is tried again by whoever asks next.
      if (materials === loading) materials = undefined;
    });
    return loading;
  }
  void begin().catch(() => undefined);
  return {
    current: () => materials ?? begin(),
    async refresh() {
      materials = Promise.resolve(await load());
    },
    async close() {
      await materials?.catch(() => undefined);
      await close();
    },
  };
}

async function loadFromTuf(
  { mirrorUrl = DEFAULT_MIRROR_URL, rootPath }: TufOptions,
  cachePath: string,
): Promise<TrustMaterials> {
  let rootText: string;
  let configText: string | undefined;
  try {
    const tuf = await initTUF({
      mirrorURL: mirrorUrl,
      cachePath,
      retry: { retries: 2, minTimeout: 100 },
      timeout: 10_000,
      ...(rootPath === undefined ? {} : { rootPath }),
    });
    rootText = await tuf.getTarget('trusted_root.json');
    configText = await tuf.getTarget('signing_config.v0.2.json').catch(() => undefined);
  } catch (error) {
    throw new PromoterError(
      'SigningUnavailable',
      `loading the trust root from the TUF repository ${mirrorUrl} failed: ${messageOf(error)}; ` +
        'check that it can be reached, or give a trusted root file',
      { cause: error },
    );
  }
  return {
    root: parseTrustRoot(rootText, `trusted_root.json of ${mirrorUrl}`),
    ...(configText === undefined
      ? {}
      : { signingConfig: parseSigningConfig(configText, `signing_config.v0.2.json of ${mirrorUrl}`) }),
  };
}
