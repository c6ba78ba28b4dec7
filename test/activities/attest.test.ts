import assert from 'node:assert/strict';
import { createAttestShard } from '../../src/activities/attest.ts';
import type { SignerContext } from '../../src/activities/dependencies.ts';
import { debtNames, readDebts, recordDebts } from '../../src/plan/debts.ts';
import type { Debt } from '../../src/plan/document.ts';
import type { RepositoryName } from '../../src/reference.ts';
import type { TrustRoot } from '../../src/signing/trust-root.ts';
import { createBench, RUN, type Bench } from './support.ts';

const OTHER_RUN = '00000000-0000-4000-8000-000000000002';

describe('attest activity', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await createBench();
  });
  afterEach(() => bench.dispose());

  it('leaves alone what another run owes on hosts of its own', async () => {
    const debt: Debt = {
      source: 'staging.example/app' as RepositoryName,
      digest: `sha256:${'a'.repeat(64)}` as Debt['digest'],
      targets: [{ repository: 'theirs.example/prod/app' as RepositoryName, tags: [] }],
      workflowId: 'theirs',
      runId: OTHER_RUN,
    };
    await recordDebts(bench.store, OTHER_RUN, '0', [debt]);
    const [list = ''] = await debtNames(bench.store);
    const signing = { ...bench.dependencies.signing, context: async () => ({}) as SignerContext };
    const trust = { of: async () => ({}) as TrustRoot };
    const attestShard = createAttestShard({ ...bench.dependencies, signing }, trust);
    const index = await bench.store.put(Buffer.from(JSON.stringify([list])));
    const input = { run: RUN, index, shard: 0, hosts: ['ours.example'] };
    const counts = await bench.run(attestShard, input);
    assert.deepEqual(counts, { attested: 0, valid: 0, handed: 0, failed: 0 });
    assert.deepEqual(await readDebts(bench.store, list), [debt]);
  });
});
