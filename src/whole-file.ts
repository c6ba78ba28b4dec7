import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface WholeFileOptions {
  /** Who may do what with the file, before the process's own mask; anybody may read and write unless given. */
  readonly mode?: number;
}

/**
 * Writes a file, or replaces it, in a folder that is there: under its name it appears only when it is whole and on disk, so
 * that no reader, no second writer and no power cut ever meets half of it.
 *
 * What a killed writer leaves has a name that begins with a dot.
 */
export async function writeWhole(
  path: string,
  content: Uint8Array | string,
  { mode = 0o666 }: WholeFileOptions = {},
): Promise<void> {
  const temporary = join(dirname(path), `.${randomUUID()}`);
  const file = await open(temporary, 'wx', mode);
  try {
    await file.writeFile(content);
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}
