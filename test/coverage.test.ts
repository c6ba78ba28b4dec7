import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';

const ROOT = new URL('..', import.meta.url);
const { include, exclude } = JSON.parse(readFileSync(new URL('.c8rc.json', ROOT), 'utf8')) as {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
};

/** Whether every statement of a file declares a type, by how prettier lays them out. */
function isTypesOnly(path: string): boolean {
  const statements = readFileSync(new URL(path, ROOT), 'utf8').matchAll(/^[a-z].*/gm);
  return statements.every(([line]) => /^(?:import type|(?:export )?(?:interface|type)) /.test(line));
}

describe('the measure of coverage', () => {
  it('leaves out the files that hold types alone, and no others', () => {
    const files = include.flatMap((pattern) => globSync(`${pattern}/*.ts`, { cwd: ROOT }));
    assert.ok(files.length > 100);
    assert.deepEqual(files.filter(isTypesOnly).toSorted(), exclude.toSorted());
  });
});
