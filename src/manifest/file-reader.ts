import { readFile, realpath, stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { messageOf } from '../errors.ts';
import { MAX_FILE_BYTES } from './yaml-source.ts';

/** What stands at a path, symbolic links followed. */
export type Kind = 'file' | 'directory' | 'other' | 'missing';

/** What stands at a path, symbolic links followed. */
export async function kindOf(path: string): Promise<Kind> {
  try {
    const found = await stat(path);
    if (found.isFile()) return 'file';
    return found.isDirectory() ? 'directory' : 'other';
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT') || hasCode(thrown, 'ENOTDIR')) return 'missing';
    throw thrown;
  }
}

/** Whether a path is still below the directory once its symbolic links are followed. */
export async function isInside(directory: string, path: string): Promise<boolean> {
  const way = relative(await realpath(directory), await realpath(path));
  return way !== '..' && !way.startsWith(`..${sep}`);
}

/**
 * Reads a text file.
 *
 * @throws Error that says why not: unreadable, larger than 16 MiB, not UTF-8
 */
export async function readText(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > MAX_FILE_BYTES) throw new Error(`larger than ${MAX_FILE_BYTES} bytes`);
  const bytes = await readFile(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (thrown) {
    throw new Error(`not UTF-8: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}
