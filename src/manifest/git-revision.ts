import { posix } from 'node:path';
import { PromoterError } from '../errors.ts';
import type { GitFolder } from './git-history.ts';
import { runGit } from './git.ts';
import type { ManifestBundle, ManifestFile } from './manifest.ts';
import { IMAGES_FILE, MANIFEST_FILE } from './thin-parser.ts';

/** Modes of git's tree entries that stand for text (gitdatamodel, "tree"). */
const FILE_MODES: ReadonlySet<string> = new Set(['100644', '100755', '100664']);
const LINK_MODE = '120000';

/** Links that lead to links that lead to …; people need one. */
const MAX_LINKS = 10;

interface TreeEntry {
  readonly mode: string;
  readonly object: string;
}

/**
 * Reads the thin manifests of a folder as they were in a commit.
 *
 * Symbolic links are followed inside the folder; what cannot be followed, or is not UTF-8, is left out.
 *
 * @returns no files when the folder was not there
 * @throws PromoterError `RequestInvalid` when git has no such commit
 */
export async function readRevision(folder: GitFolder, commit: string): Promise<ManifestBundle> {
  const entries = await listTree(folder, commit, ['images', 'manifests']);
  const wanted = [...entries].filter(([path]) => isManifestPath(path));
  const texts = await readObjects(
    folder,
    [...entries.values()].filter(({ mode }) => mode === LINK_MODE),
    wanted.map(([, entry]) => entry),
  );
  const files = wanted.flatMap(([path]): ManifestFile[] => {
    const found = follow(path, entries, texts);
    const text = found && texts.get(found.object);
    return text === undefined ? [] : [{ path, text }];
  });
  return { kind: 'thin', files };
}

/**
 * Reads one file as it was in a commit.
 *
 * @returns nothing when it was not there, is not a regular file, or is not UTF-8
 * @throws PromoterError `RequestInvalid` when git has no such commit
 */
export async function readFileAt(folder: GitFolder, commit: string, path: string): Promise<string | undefined> {
  const entry = (await listTree(folder, commit, [path])).get(path);
  if (entry === undefined || !FILE_MODES.has(entry.mode)) return undefined;
  return (await readObjects(folder, [entry])).get(entry.object);
}

function isManifestPath(path: string): boolean {
  const name = posix.basename(path);
  return (
    (path.startsWith('manifests/') && name === MANIFEST_FILE) || (path.startsWith('images/') && name === IMAGES_FILE)
  );
}

async function listTree(
  { topLevel, prefix }: GitFolder,
  commit: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, TreeEntry>> {
  const paths = names.map((name) => `${prefix}${name}`);
  const listed = await runGit(topLevel, ['ls-tree', '-r', '-z', '--full-tree', commit, '--', ...paths]);
  const entries = new Map<string, TreeEntry>();
  for (const line of listed.toString().split('\0')) {
    const [description = '', path] = line.split('\t', 2);
    const [mode = '', , object = ''] = description.split(' ');
    if (path !== undefined) entries.set(path.slice(prefix.length), { mode, object });
  }
  return entries;
}

/** The entry behind a path, links followed; one that leads out of the folder leads nowhere. */
function follow(
  path: string,
  entries: ReadonlyMap<string, TreeEntry>,
  texts: ReadonlyMap<string, string>,
): TreeEntry | undefined {
  let at = path;
  for (let links = 0; links <= MAX_LINKS; links++) {
    const entry = entries.get(at);
    if (entry === undefined || FILE_MODES.has(entry.mode)) return entry;
    if (entry.mode !== LINK_MODE) return undefined;
    at = posix.join(posix.dirname(at), texts.get(entry.object) ?? '');
  }
  return undefined;
}

/** Reads objects with one process for all of them, by git's `cat-file --batch`. */
async function readObjects(
  { topLevel }: GitFolder,
  ...entries: readonly (readonly TreeEntry[])[]
): Promise<ReadonlyMap<string, string>> {
  const objects = [...new Set(entries.flat().map(({ object }) => object))];
  const texts = new Map<string, string>();
  if (objects.length === 0) return texts;
  const printed = await runGit(topLevel, ['cat-file', '--batch'], { input: `${objects.join('\n')}\n` });
  let at = 0;
  for (const object of objects) {
    const end = printed.indexOf('\n', at);
    const [, type, size] = printed.subarray(at, end).toString().split(' ');
    if (end < 0 || size === undefined) {
      throw new PromoterError('RequestInvalid', `${topLevel} lacks the object ${object}; is it a partial clone?`);
    }
    const start = end + 1;
    at = start + Number(size) + 1;
    const text = type === 'blob' ? textOf(printed.subarray(start, start + Number(size))) : undefined;
    if (text !== undefined) texts.set(object, text);
  }
  return texts;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
