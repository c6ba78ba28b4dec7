import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of encryption keys. */
export interface KeyFolder {
  readonly path: string;
  add(id: string, content?: string | Uint8Array): Promise<void>;
  remove(): Promise<void>;
}

/** Makes one that holds new keys of these ids. */
export async function makeKeyFolder(...ids: readonly string[]): Promise<KeyFolder> {
  const path = await mkdtemp(join(tmpdir(), 'encryption-keys-'));
  const add: KeyFolder['add'] = (id, content = `${randomBytes(32).toString('base64')}\n`) =>
    writeFile(join(path, id), content);
  for (const id of ids) await add(id);
  return { path, add, remove: () => rm(path, { recursive: true }) };
}
