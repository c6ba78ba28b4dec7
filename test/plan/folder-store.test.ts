import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
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

  it('writes what it has no second time', async () => {
    const file = join(directory, 'store/content', (await store.put(bytes)).slice(7, 9));
    const before = await stat(join(file, (await readdir(file))[0] ?? ''));
    await store.put(bytes);
    assert.equal((await stat(join(file, (await readdir(file))[0] ?? ''))).ino, before.ino);
  });

  it('says what it was doing where the file system refuses, and leaves nothing half-written', async () => {
    const put = await store.put(bytes);
    const names = join(directory, 'store/names');
    const content = join(directory, 'store/content');
    await mkdir(join(names, 'runs/1'), { recursive: true });
    await symlink('loop', join(names, 'loop'));
    await rm(join(content, put.slice(7, 9)), { recursive: true });
    await mkdir(join(content, put.slice(7, 9), put.slice(7)), { recursive: true });
    const refused: readonly (readonly [RegExp, () => Promise<unknown>])[] = [
      [/^could not write to the plan store .*: /, () => store.put(bytes)],
      [/^could not read sha256:a27f\w+ from the plan store .*: /, () => store.get(put)],
      [/^could not point runs in the plan store .*: /, () => store.point('runs', put)],
      [/^could not look up runs in the plan store .*: /, () => store.lookup('runs')],
      [/^could not remove runs from the plan store .*: /, () => store.remove('runs')],
      [/^could not list loop\/ in the plan store .*: /, () => store.names('loop/')],
    ];
    for (const [message, call] of refused) {
      await assert.rejects(call, (error: unknown) => {
        assert.ok(error instanceof PromoterError && error.cause instanceof Error);
        assert.equal(error.code, 'StoreUnavailable');
        assert.match(error.message, message);
        return true;
      });
    }
    const left = await readdir(join(directory, 'store'), { recursive: true, withFileTypes: true });
    assert.deepEqual(
      left.filter((entry) => entry.isFile()),
      [],
    );
  });

  it('refuses a name whose file holds no digest, and lists nothing below a name', async () => {
    await writeFile(join(directory, 'store/names/runs'), 'sha256:short');
    await assert.rejects(store.lookup('runs'), (error: unknown) => {
      assert.ok(hasCode('StoreCorrupt')(error));
      assert.match(String(error), /the name runs in the plan store does not hold a digest/);
      return true;
    });
    assert.deepEqual(await store.names('runs/'), []);
    assert.equal(await store.lookup('runs/1'), undefined);
  });
});
