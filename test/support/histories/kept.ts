import { glob, readFile, rm, writeFile, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { HistoryCase } from './case.ts';

/** A history that was recorded, as Temporal's programs print one. */
export interface KeptHistory {
  readonly workflow: string;
  readonly case: string;
  /** Which of the runs that continue each other, from 1 on. */
  readonly run: number;
  readonly history: { readonly events: readonly unknown[] };
}

const FOLDER = fileURLToPath(new URL('../../histories/', import.meta.url));

/** What is longer is kept compressed, in bytes. */
const LONGEST_PLAIN = 20 * 1024;

/** All histories that are kept, in the order of their names. @param folder of `WORKFLOW/CASE.RUN.json`, some with `.gz` */
export async function readHistories(folder = FOLDER): Promise<readonly KeptHistory[]> {
  const paths: string[] = [];
  for await (const path of glob('*/*.json{,.gz}', { cwd: folder })) paths.push(path);
  return Promise.all(
    paths.sort().map(async (path) => {
      const bytes = await readFile(join(folder, path));
      const [name = '', run = ''] = basename(path).split('.');
      const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
      return { workflow: dirname(path), case: name, run: Number(run), history: JSON.parse(text) };
    }),
  );
}

/** Keeps the histories of the runs of a case, in place of those it had. */
export async function writeHistories({ workflow, name }: HistoryCase, runs: readonly string[]): Promise<void> {
  const folder = join(FOLDER, workflow);
  await mkdir(folder, { recursive: true });
  for await (const old of glob(`${name}.*`, { cwd: folder })) await rm(join(folder, old));
  for (const [at, json] of runs.entries()) {
    const path = join(folder, `${name}.${at + 1}.json`);
    if (json.length > LONGEST_PLAIN) await writeFile(`${path}.gz`, gzipSync(json, { level: 9 }));
    else await writeFile(path, json);
  }
}
