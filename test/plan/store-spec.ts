import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import type { PlanStore } from '../../src/plan/store.ts';
import { digest } from './support.ts';

/** Whether something that was thrown is an error of this code. */
export function hasCode(expected: string): (error: unknown) => boolean {
  return (error) => error instanceof PromoterError && error.code === expected;
}

/**
 * What every plan store does, whatever it keeps things in.
 *
 * @param open opens a store on what the test before it has not touched; opened again within a test, it is the same store
 *   as another process would see it
 */
export function describePlanStore(open: () => Promise<PlanStore>): void {
  const bytes = new TextEncoder().encode('a plan');
  const another = new TextEncoder().encode('another plan');

  it('gives back what was put, under the digest of its bytes, also to another process', async () => {
    const store = await open();
    const put = await store.put(bytes);
    assert.equal(put, 'sha256:a27fa2bacd5796b82680016a6b8865a616a9e4f6b6a198d3776ddc07536e3158');
    assert.equal(put, await store.put(bytes));
    const again = await open();
    assert.deepEqual(Buffer.from(await again.get(put)), Buffer.from(bytes));
  });

  it('refuses content that is not there', async () => {
    const store = await open();
    await store.put(bytes);
    await assert.rejects(store.get(digest('a')), hasCode('StoreCorrupt'));
  });

  it('keeps content that is empty', async () => {
    const store = await open();
    const put = await store.put(new Uint8Array());
    assert.equal((await store.get(put)).length, 0);
  });

  it('points names to content and lists them in order, below a prefix only', async () => {
    const store = await open();
    const [one, two] = [await store.put(bytes), await store.put(another)];
    await store.point('runs/1/judged/000002', one);
    await store.point('runs/1/judged/000001', one);
    await store.point('runs/1/judged/000001', two);
    await store.point('runs/10/judged/000001', one);
    const again = await open();
    assert.deepEqual(await again.names('runs/1/'), ['runs/1/judged/000001', 'runs/1/judged/000002']);
    assert.equal(await again.lookup('runs/1/judged/000001'), two);
    assert.equal(await again.lookup('runs/2'), undefined);
    assert.deepEqual(await again.names('runs/3/'), []);
  });

  it('forgets names, also twice and also those that never were, and takes them up again', async () => {
    const store = await open();
    const put = await store.put(bytes);
    await store.point('debts/1/000001', put);
    await store.point('debts/1/000002', put);
    await store.remove('debts/1/000002');
    await store.remove('debts/1/000002');
    await store.remove('debts/2/000001');
    assert.deepEqual(await (await open()).names('debts/'), ['debts/1/000001']);
    assert.equal(await store.lookup('debts/1/000002'), undefined);
    assert.deepEqual(Buffer.from(await store.get(put)), Buffer.from(bytes));
    await store.point('debts/1/000002', put);
    assert.equal(await store.lookup('debts/1/000002'), put);
    assert.deepEqual(await store.names('debts/'), ['debts/1/000001', 'debts/1/000002']);
  });

  it('takes names of any length and of all characters that names have', async () => {
    const store = await open();
    const put = await store.put(bytes);
    const names = [
      `runs/${'x'.repeat(123)}`,
      `runs/${'y'.repeat(124)}`,
      `runs/${'z'.repeat(120)}/000001`,
      'runs/a-b.c_d/1',
    ];
    for (const name of names) await store.point(name, put);
    assert.deepEqual(await store.names('runs/'), [...names].sort());
    for (const name of names) assert.equal(await store.lookup(name), put, name);
  });

  it('takes many things at once', async () => {
    const store = await open();
    const contents = Array.from({ length: 150 }, (_, index) => new TextEncoder().encode(`content ${index}`));
    const digests = await Promise.all(
      contents.map(async (content, index) => {
        const put = await store.put(content);
        await store.point(`runs/1/part/${String(index).padStart(3, '0')}`, put);
        return put;
      }),
    );
    const again = await open();
    const names = await again.names('runs/1/');
    assert.deepEqual(await Promise.all(names.map((name) => again.lookup(name))), digests);
    for (const [index, put] of digests.entries())
      assert.deepEqual(Buffer.from(await again.get(put)), Buffer.from(contents[index] ?? []));
  });

  it('refuses names that could lead elsewhere', async () => {
    const store = await open();
    for (const name of ['../x', 'a/../../x', '/x', 'a//b', '', '.hidden', 'A']) {
      await assert.rejects(store.point(name, digest('a')), hasCode('RequestInvalid'), name);
      await assert.rejects(store.lookup(name), hasCode('RequestInvalid'), name);
      await assert.rejects(store.remove(name), hasCode('RequestInvalid'), name);
    }
  });
}
