import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { messageOf, PromoterError } from '../errors.ts';
import { askCredentialHelper } from './credential-helper.ts';
import type { Credentials, CredentialsProvider } from './credentials.ts';
import { isDockerHub } from './endpoint.ts';

export interface DockerConfigOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly askHelper?: (name: string, server: string) => Promise<Credentials | undefined>;
  readonly now?: () => number;
}

/** The key under which Docker keeps its credentials for Docker Hub. */
const DOCKER_HUB_KEY = 'https://index.docker.io/v1/';

/** Helpers start a program, some of which ask a server: what they said is remembered for so long. */
const REMEMBERED_MS = 5 * 60_000;

interface ConfigFile {
  readonly auths?: Readonly<Record<string, unknown>>;
  readonly credHelpers?: Readonly<Record<string, unknown>>;
  readonly credsStore?: unknown;
}

/**
 * Credentials from Docker's configuration: `config.json` in `DOCKER_CONFIG` or `~/.docker`, with `credHelpers`,
 * `credsStore` and `auths`, in this order (https://docs.docker.com/reference/cli/docker/login/#credential-stores).
 *
 * A missing file means that all hosts are used anonymously.
 */
export function createDockerCredentials(options: DockerConfigOptions): CredentialsProvider {
  const { env, askHelper = askCredentialHelper, now = () => performance.now() } = options;
  const file = join(env['DOCKER_CONFIG'] ?? join(env['HOME'] ?? homedir(), '.docker'), 'config.json');
  const remembered = new Map<string, { readonly found: Promise<Credentials | undefined>; readonly until: number }>();

  return function credentials(host, { renew = false } = {}) {
    const known = remembered.get(host);
    if (known !== undefined && known.until > now() && !renew) return known.found;
    const found = find(host);
    remembered.set(host, { found, until: now() + REMEMBERED_MS });
    found.catch(() => remembered.delete(host));
    return found;
  };

  async function find(host: string): Promise<Credentials | undefined> {
    const config = await readConfig(file);
    const server = isDockerHub(host) ? DOCKER_HUB_KEY : host;
    const helper = config.credHelpers?.[server] ?? config.credHelpers?.[host] ?? config.credsStore;
    const kept = typeof helper === 'string' && helper !== '' ? await askHelper(helper, server) : undefined;
    return kept ?? authOf(config, host, file);
  }
}

async function readConfig(file: string): Promise<ConfigFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return {};
    throw unusable(file, messageOf(error), error);
  }
  try {
    const config = JSON.parse(text) as unknown;
    if (typeof config === 'object' && config !== null) return config;
  } catch {
    // The parser's message would quote the file, which holds passwords.
  }
  throw unusable(file, 'it is not a JSON object');
}

function authOf({ auths = {} }: ConfigFile, host: string, file: string): Credentials | undefined {
  const key = Object.keys(auths).find((key) => isSameHost(hostOfKey(key), host));
  const entry = key === undefined ? undefined : auths[key];
  if (typeof entry !== 'object' || entry === null) return undefined;
  const { auth, username, password, identitytoken, registrytoken } = entry as Readonly<Record<string, unknown>>;
  if (typeof registrytoken === 'string' && registrytoken !== '') return { kind: 'registryToken', token: registrytoken };
  if (typeof identitytoken === 'string' && identitytoken !== '') return { kind: 'identityToken', token: identitytoken };
  if (typeof username === 'string' && typeof password === 'string') return { kind: 'password', username, password };
  if (typeof auth !== 'string' || auth === '') return undefined;
  const decoded = Buffer.from(auth, 'base64').toString('utf8');
  const colon = decoded.indexOf(':');
  if (colon < 1) throw unusable(file, `the entry 'auth' of ${host} is not base64 of user:password`);
  return { kind: 'password', username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** Old clients wrote URLs as keys: `https://index.docker.io/v1/`. */
function hostOfKey(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
}

function isSameHost(one: string, other: string): boolean {
  return one === other || (isDockerHub(one) && isDockerHub(other));
}

function unusable(file: string, why: string, cause?: unknown): PromoterError {
  const message = `could not read the registry credentials in ${file}: ${why}. Repair the file, or set DOCKER_CONFIG to another folder.`;
  return new PromoterError('ConfigInvalid', message, { cause });
}
