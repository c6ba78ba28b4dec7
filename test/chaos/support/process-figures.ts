import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What a process holds, as Linux tells it. */
export interface ProcessFigures {
  readonly residentBytes: number;
  readonly descriptors: number;
  /** Of files that have no name any more: the spool's. */
  readonly spooledBytes: number;
}

/** Reads it from `/proc`. */
export async function figuresOf(pid: number): Promise<ProcessFigures> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const folder = `/proc/${pid}/fd`;
  const descriptors = await readdir(folder);
  const spooled = await Promise.all(descriptors.map((name) => spooledIn(join(folder, name))));
  return {
    residentBytes: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024,
    descriptors: descriptors.length,
    spooledBytes: spooled.reduce((sum, bytes) => sum + bytes, 0),
  };
}

async function spooledIn(descriptor: string): Promise<number> {
  try {
    const target = await readlink(descriptor);
    return /\/blob-\S+ \(deleted\)$/.test(target) ? (await stat(descriptor)).size : 0;
  } catch {
    // Closed since the folder was read.
    return 0;
  }
}

/** Bytes of all files in a folder. */
export async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        stat(join(entry.parentPath, entry.name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
