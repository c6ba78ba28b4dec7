import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeWhole } from '../whole-file.ts';

/**
 * A text that takes long to make, kept in a file until what it is made from changes.
 *
 * A file that cannot be read or written costs the time to make the text, and nothing else.
 *
 * @param key of what the text is made from; one line
 * @throws what `make` throws
 */
export async function madeOnce(file: string, key: string, make: () => Promise<string>): Promise<string> {
  const title = `// ${key}\n`;
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (kept.startsWith(title)) return kept.slice(title.length);
  const text = await make();
  await keep(file, title + text).catch(() => undefined);
  return text;
}

async function keep(file: string, content: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeWhole(file, content);
}
