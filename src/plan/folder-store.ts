import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PromoterError, messageOf } from '../errors.ts';
import { isDigest, type Digest } from '../reference.ts';
import { writeWhole } from '../whole-file.ts';
import { checkStoreName, isStoreName } from './store-name.ts';
import type { PlanStore } from './store.ts';

/**
 * Opens (and, if need be, makes) a plan store in a folder: `content/<2 hex>/<64 hex>` and `names/<name>`.
 *
 * A file appears under its final name only when it is whole and on disk, so that a reader, a second writer or a power cut
 * never meets half of one.
 *
 * @throws PromoterError `StoreUnavailable`
 */
export async function openFolderStore(directory: string): Promise<PlanStore> {
  const content = join(directory, 'content');
  const names = join(directory, 'names');
  await attempt(`open the plan store ${directory}`, async () => {
    await mkdir(content, { recursive: true, mode: 0o700 });
    await mkdir(names, { recursive: true, mode: 0o700 });
  });
  return {
    put: (bytes) => attempt(`write to the plan store ${directory}`, () => putContent(content, bytes)),
    get: (digest) => attempt(`read ${digest} from the plan store ${directory}`, () => getContent(content, digest)),
    point: (name, digest) =>
      attempt(`point ${name} in the plan store ${directory}`, () => write(namePath(names, name), digest)),
    lookup: (name) => attempt(`look up ${name} in the plan store ${directory}`, () => readName(names, name)),
    remove: (name) =>
      attempt(`remove ${name} from the plan store ${directory}`, () => rm(namePath(names, name), { force: true })),
    names: (prefix) => attempt(`list ${prefix} in the plan store ${directory}`, () => listNames(names, prefix)),
  };
}

function contentPath(root: string, digest: Digest): string {
  const hex = digest.slice('sha256:'.length);
  return join(root, hex.slice(0, 2), hex);
}

function namePath(root: string, name: string): string {
  checkStoreName(name);
  return join(root, name);
}

async function putContent(root: string, bytes: Uint8Array): Promise<Digest> {
  const digest = digestOf(bytes);
  const path = contentPath(root, digest);
  const there = await stat(path).catch(ignoreMissing);
  if (there?.size !== bytes.length) await write(path, bytes);
  return digest;
}

async function getContent(root: string, digest: Digest): Promise<Uint8Array> {
  const bytes = await readFile(contentPath(root, digest)).catch(ignoreMissing);
  if (bytes === undefined) {
    throw new PromoterError(
      'StoreCorrupt',
      `the plan store has nothing under ${digest}: was it emptied, or is it another worker's?`,
    );
  }
  if (digestOf(bytes) !== digest) {
    throw new PromoterError('StoreCorrupt', `what the plan store holds under ${digest} is ${digestOf(bytes)}`);
  }
  return bytes;
}

async function readName(root: string, name: string): Promise<Digest | undefined> {
  const text = await readFile(namePath(root, name), 'utf8').catch(ignoreMissing);
  if (text === undefined) return undefined;
  if (!isDigest(text))
    throw new PromoterError('StoreCorrupt', `the name ${name} in the plan store does not hold a digest`);
  return text;
}

async function listNames(root: string, prefix: string): Promise<readonly string[]> {
  const folder = namePath(root, prefix.replace(/\/$/, ''));
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(ignoreMissing);
  return (entries ?? [])
    .filter((entry) => entry.isFile() && isStoreName(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}

// What a killed writer leaves has no valid name, so that a listing never shows it.
async function write(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeWhole(path, bytes, { mode: 0o600 });
}

/** The digest of some bytes. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

async function attempt<T>(doing: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof PromoterError) throw error;
    throw new PromoterError('StoreUnavailable', `could not ${doing}: ${messageOf(error)}`, { cause: error });
  }
}
