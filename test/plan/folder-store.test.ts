import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PromoterError } from '../../src/errors.ts';
import { openFolderStore } from '../../src/plan/folder-store.ts';
import type { PlanStore } from '../../src/plan/store.ts';
import { digest } from './support.ts';

describe('openFolderStore', () => {
  let directory: string;
  let store: PlanStore;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'plan-store-'));
    store = await openFolderStore(join(directory, 'store'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const bytes = new TextEncoder().encode('a plan');
  const code = (expected: string) => (error: unknown) => error instanceof PromoterError && error.code === expected;

  it('gives back what was put, under the digest of its bytes, also to another process', async () => {
    const put = await store.put(bytes);
    assert.equal(put, await store.put(bytes));
    const again = await openFolderStore(join(directory, 'store'));
    assert.deepEqual(Buffer.from(await again.get(put)), Buffer.from(bytes));
  });

  it('refuses content that is missing or is not what its digest says', async () => {
    await assert.rejects(store.get(digest('a')), code('StoreCorrupt'));
    const put = await store.put(bytes);
    const hex = put.slice(7);
    await writeFile(join(directory, 'store/content', hex.slice(0, 2), hex), 'another');
    await assert.rejects(store.get(put), code('StoreCorrupt'));
  });

  it('mends a file that a crash left shorter than it should be', async () => {
    const put = await store.put(bytes);
    const hex = put.slice(7);
    await writeFile(join(directory, 'store/content', hex.slice(0, 2), hex), 'a');
    await store.put(bytes);
    assert.deepEqual(Buffer.from(await store.get(put)), Buffer.from(bytes));
  });

  it('points names to content and lists them in order, below a prefix only', async () => {
    await store.point('runs/1/judged/000002', digest('b'));
    await store.point('runs/1/judged/000001', digest('a'));
    await store.point('runs/1/judged/000001', digest('c'));
    await store.point('runs/10/judged/000001', digest('d'));
    assert.deepEqual(await store.names('runs/1/'), ['runs/1/judged/000001', 'runs/1/judged/000002']);
    assert.equal(await store.lookup('runs/1/judged/000001'), digest('c'));
    assert.equal(await store.lookup('runs/2'), undefined);
    assert.deepEqual(await store.names('runs/3/'), []);
    await store.remove('runs/1/judged/000002');
    await store.remove('runs/1/judged/000002');
    assert.deepEqual(await store.names('runs/1/'), ['runs/1/judged/000001']);
  });

  it('refuses names that would lead out of the store', async () => {
    for (const name of ['../x', 'a/../../x', '/x', 'a//b', '', '.hidden', 'A']) {
      await assert.rejects(store.point(name, digest('a')), code('RequestInvalid'), name);
    }
  });

  it('keeps its files to the user alone', async () => {
    const put = await store.put(bytes);
    const file = await stat(join(directory, 'store/content', put.slice(7, 9), put.slice(7)));
    assert.equal(file.mode & 0o077, 0);
    assert.deepEqual((await readdir(join(directory, 'store'))).sort(), ['content', 'names']);
  });

  it('says which folder cannot be used', async () => {
    await writeFile(join(directory, 'file'), '');
    await assert.rejects(openFolderStore(join(directory, 'file')), (error: unknown) => {
      assert.ok(error instanceof PromoterError);
      assert.equal(error.code, 'StoreUnavailable');
      assert.match(error.message, /could not open the plan store .*\/file: /);
      return true;
    });
  });
});
