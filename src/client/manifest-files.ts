import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { messageOf, PromoterError } from '../errors.ts';
import { nameProblem } from '../file-address.ts';
import { sha256Of } from '../files/sha256.ts';
import type { ListingOptions } from './manifest-command.ts';
import type { CommandOutput } from './output.ts';

/**
 * Prints the files of a folder as the `files:` of a file manifest, in kpromo's order and form.
 *
 * @throws PromoterError `UsageInvalid` when the folder cannot be read, or a file's name cannot stand in a manifest
 */
export async function listFiles({ src, prefix }: ListingOptions, output: CommandOutput): Promise<void> {
  const files: { readonly name: string; readonly sha256: string }[] = [];
  for await (const name of filesBelow(src, '')) {
    if (!name.startsWith(prefix.replace(/^\/+/, ''))) continue;
    const problem = nameProblem(name);
    if (problem !== undefined) {
      throw new PromoterError('UsageInvalid', `${join(src, name)} cannot stand in a file manifest: ${problem}`);
    }
    files.push({ name, sha256: await reading(join(src, name), () => sha256Of(createReadStream(join(src, name)))) });
  }
  // As Go's encoder writes it: version 1.1 of YAML quotes what a reader of that version would misunderstand.
  const format = { version: '1.1', indentSeq: false, lineWidth: 0 } as const;
  output.stdout.write(stringify(files.length === 0 ? {} : { files }, format));
}

/** The names of all files, each folder's entries in the order of their bytes; a link is taken for what it leads to. */
async function* filesBelow(src: string, folder: string): AsyncGenerator<string> {
  const path = join(src, folder);
  const entries = await reading(path, () => readdir(path, { withFileTypes: true }));
  for (const entry of entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))) {
    const name = `${folder}${entry.name}`;
    if (entry.isDirectory()) yield* filesBelow(src, `${name}/`);
    else yield name;
  }
}

async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new PromoterError('UsageInvalid', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}
