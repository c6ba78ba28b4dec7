import { randomUUID } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BucketAddress } from '../file-address.ts';
import { nameProblem } from '../file-address.ts';
import { calling, failure, lost } from './bucket-failure.ts';
import type { Bucket, BucketCall, StoredFile } from './bucket.ts';
import { opened } from './content.ts';

/** What the names of files that are being written begin with; they are never listed. */
const TEMPORARY = '.promoter-';

/**
 * A folder as a bucket. A file is written beside the others under a hidden name, flushed, and given its own name last.
 *
 * The last step is atomic for a new file. A file that replaces another is compared right before; the system has no call
 * that does both.
 */
export function createFolderBucket({ bucket: folder, base }: BucketAddress): Bucket {
  async function* filesIn(path: string): AsyncGenerator<StoredFile> {
    const entries = await readdir(join(folder, path), { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' && path === '') return [];
      throw error;
    });
    for (const entry of entries) {
      if (entry.name.startsWith(TEMPORARY)) continue;
      const name = path === '' ? entry.name : `${path}/${entry.name}`;
      const file = entry.isDirectory() ? undefined : await look(name);
      if (file !== undefined) yield file;
      // Links to folders are not followed: they may lead anywhere, and in circles.
      if (entry.isDirectory()) yield* filesIn(name);
    }
  }

  async function look(name: string): Promise<StoredFile | undefined> {
    const found = await stat(join(folder, name), { bigint: true }).catch(ignoreMissing);
    return found?.isFile() === true ? describe(name, found) : undefined;
  }

  return {
    base,
    async *list({ signal }: BucketCall = {}) {
      const files = filesIn('');
      for (;;) {
        const next = await calling({ doing: `list ${base}`, signal }, statusOf, () => files.next());
        if (next.done === true) return;
        yield next.value;
      }
    },
    stat: (name, { signal } = {}) =>
      calling({ doing: `look at ${base}${name}`, signal }, statusOf, () => look(checked(name))),
    read: ({ name, version }, { signal } = {}) =>
      calling({ doing: `read ${base}${name}`, signal }, statusOf, async () => {
        const file = await open(join(folder, checked(name)), 'r').catch(ignoreMissing);
        if (file === undefined) throw lost(`${base}${name}`);
        const found = describe(name, await file.stat({ bigint: true }));
        if (found.version === version) return file.createReadStream(signal === undefined ? {} : { signal });
        await file.close();
        throw lost(`${base}${name}`);
      }),
    write: (name, content, replaces, { signal } = {}) =>
      calling({ doing: `write ${base}${name}`, signal }, statusOf, async () => {
        const target = join(folder, checked(name));
        await mkdir(dirname(target), { recursive: true });
        const temporary = join(dirname(target), `${TEMPORARY}${randomUUID()}`);
        try {
          const stream = await opened(content, `${base}${name}`, signal);
          const file = await open(temporary, 'wx').catch((error: unknown) => {
            stream.destroy();
            throw error;
          });
          try {
            await file.writeFile(stream);
            await file.sync();
          } finally {
            await file.close();
          }
          if (replaces === 'nothing') await link(temporary, target);
          else if ((await look(name))?.version === replaces.version) await rename(temporary, target);
          else throw failure('FileConflict', `write ${base}${name}`, 'is not the file that was looked at any more');
        } finally {
          await rm(temporary, { force: true });
        }
      }),
  };
}

function checked(name: string): string {
  const problem = nameProblem(name);
  if (problem !== undefined) throw failure('BucketRefused', `use the name '${name}'`, `cannot be used: ${problem}`);
  return name;
}

function describe(name: string, { size, ino, mtimeNs }: BigIntStats): StoredFile {
  return { name, size: Number(size), version: `${ino}-${size}-${mtimeNs}` };
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

/** The status that a store would have answered. */
function statusOf(thrown: unknown): number | undefined {
  const { code, syscall } = thrown as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 403;
  if (code === 'EEXIST') return syscall === 'link' ? 412 : 400;
  return code === 'ENOTDIR' || code === 'EISDIR' || code === 'ENAMETOOLONG' ? 400 : undefined;
}
