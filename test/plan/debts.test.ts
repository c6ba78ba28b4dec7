import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { debtNames, readDebts, recordDebts, rememberSigned, settleDebts, signedDigests } from '../../src/plan/debts.ts';
import type { Debt } from '../../src/plan/document.ts';
import type { PlanStore } from '../../src/plan/store.ts';
import type { Digest } from '../../src/reference.ts';
import { digest, repository } from './support.ts';

/** A plan store in two maps. */
function memoryStore(): PlanStore & { readonly pointed: ReadonlyMap<string, Digest> } {
  const contents = new Map<Digest, Uint8Array>();
  const pointed = new Map<string, Digest>();
  return {
    pointed,
    async put(content) {
      const key = `sha256:${createHash('sha256').update(content).digest('hex')}` as Digest;
      contents.set(key, content);
      return key;
    },
    async get(key) {
      const content = contents.get(key);
      assert.ok(content);
      return content;
    },
    point: async (name, key) => void pointed.set(name, key),
    lookup: async (name) => pointed.get(name),
    remove: async (name) => void pointed.delete(name),
    names: async (prefix) => [...pointed.keys()].filter((name) => name.startsWith(prefix)).toSorted(),
  };
}

const debt = (source: string, hex: string): Debt => ({
  source: repository(source),
  digest: digest(hex),
  targets: [],
  workflowId: 'promotion',
  runId: 'run',
});
const A1 = debt('staging.test/a', '1');
const A2 = debt('staging.test/a', '2');
const B1 = debt('staging.test/b', '1');

describe('what is owed signatures', () => {
  it('is recorded by run and part, and found again by any other run', async () => {
    const store = memoryStore();
    await recordDebts(store, 'Run-ONE', '0', [A1, B1]);
    await recordDebts(store, 'run-two', '3', [A2]);
    assert.deepEqual(await debtNames(store), ['debts/run-one/0', 'debts/run-two/3']);
    assert.deepEqual(await readDebts(store, 'debts/run-one/0'), [A1, B1]);
  });

  it('costs nothing where nothing is owed', async () => {
    const store = memoryStore();
    await recordDebts(store, 'run', '0', []);
    assert.equal(store.pointed.size, 0);
    assert.deepEqual(await readDebts(store, 'debts/run/0'), []);
  });

  it('is settled in parts, and forgotten in the end', async () => {
    const store = memoryStore();
    await recordDebts(store, 'run', '0', [A1, A2]);
    await settleDebts(store, 'debts/run/0', [A2]);
    assert.deepEqual(await readDebts(store, 'debts/run/0'), [A2]);
    await settleDebts(store, 'debts/run/0', []);
    assert.deepEqual(await debtNames(store), []);
  });

  it('is known to be paid by source repository, with what was paid before', async () => {
    const store = memoryStore();
    assert.deepEqual(await signedDigests(store, A1.source), new Set());
    await rememberSigned(store, [A2, B1]);
    await rememberSigned(store, [A1, A2]);
    assert.deepEqual([...(await signedDigests(store, A1.source))], [A1.digest, A2.digest]);
    assert.deepEqual([...(await signedDigests(store, B1.source))], [B1.digest]);
    assert.deepEqual(await debtNames(store), []);
  });
});
