import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PromoterError } from '../../src/errors.ts';
import { openFolderStore } from '../../src/plan/folder-store.ts';
import type { PlanStore } from '../../src/plan/store.ts';
import { describePlanStore, hasCode } from './store-spec.ts';

describe('openFolderStore', () => {
  let directory: string;
  let store: PlanStore;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'plan-store-'));
    store = await openFolderStore(join(directory, 'store'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const bytes = new TextEncoder().encode('a plan');

  describePlanStore(() => openFolderStore(join(directory, 'store')));

  it('refuses content that is not what its digest says', async () => {
    const put = await store.put(bytes);
    const hex = put.slice(7);
    await writeFile(join(directory, 'store/content', hex.slice(0, 2), hex), 'another');
    await assert.rejects(store.get(put), hasCode('StoreCorrupt'));
  });

  it('mends a file that a crash left shorter than it should be', async () => {
    const put = await store.put(bytes);
    const hex = put.slice(7);
    await writeFile(join(directory, 'store/content', hex.slice(0, 2), hex), 'a');
    await store.put(bytes);
    assert.deepEqual(Buffer.from(await store.get(put)), Buffer.from(bytes));
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
