import assert from 'node:assert/strict';
import { assemblePlan, destinationsOf, EDGES_PER_SHARD, reshard } from '../../src/plan/assembly.ts';
import {
  getDocument,
  putDocument,
  readShard,
  type Group,
  type Shard,
  type ShardIndex,
  type WishShardResult,
} from '../../src/plan/document.ts';
import { openOciStore } from '../../src/plan/oci-store.ts';
import type { PlanStore } from '../../src/plan/store.ts';
import type { Digest, RepositoryName } from '../../src/reference.ts';
import { createMemoryPlanRegistry } from '../support/memory-plan-registry.ts';
import { hasCode } from './store-spec.ts';
import { digest, repository, tag } from './support.ts';

describe('assembling a plan', () => {
  let store: PlanStore;
  beforeEach(() => (store = openOciStore(createMemoryPlanRegistry(true), 'plans.test/p' as RepositoryName)));

  function group(name: string, ...hosts: readonly string[]): Group {
    const targets = hosts.map((host) => ({
      repository: repository(`${host}/app`),
      tags: [tag('1')],
      hasDigest: false,
    }));
    return { source: repository(`staging.test/${name}/app`), digest: digest('a'), targets };
  }

  function result(groups: readonly Group[], more: Partial<WishShardResult> = {}): Promise<Digest> {
    return putDocument(store, { groups, existing: [], quarantine: [], warnings: [], verdicts: {}, ...more });
  }

  async function shardsOf(index: Digest): Promise<readonly (readonly Group[])[]> {
    const { shards } = await getDocument<ShardIndex>(store, index);
    return Promise.all(shards.map(async (one) => (await getDocument<Shard>(store, one)).groups));
  }

  it('cuts the groups of all results into shards, in their order', async () => {
    const groups = Array.from({ length: EDGES_PER_SHARD + 1 }, () => group('a', 'one.test'));
    const results = [await result(groups.slice(0, 7)), await result(groups.slice(7))];
    const plan = await assemblePlan(store, results, []);
    const lengths = (await shardsOf(plan.digest)).map((shard) => shard.length);
    assert.deepEqual(lengths, [EDGES_PER_SHARD, 1]);
    assert.deepEqual([plan.shards, plan.edges, plan.hosts], [2, EDGES_PER_SHARD + 1, ['one.test']]);
    const again = await reshard(store, groups);
    assert.deepEqual([again.shards, again.digest], [2, plan.digest]);
    assert.deepEqual((await readShard<Shard>(store, plan.digest, 1)).groups, groups.slice(-1));
    await assert.rejects(readShard(store, plan.digest, 2), (error: unknown) => {
      assert.ok(hasCode('StoreCorrupt')(error));
      assert.match(String(error), /there is no shard 2 among 2/);
      return true;
    });
  });

  it('has no shard where there is nothing to do', async () => {
    const plan = await assemblePlan(store, [await result([])], []);
    assert.deepEqual(await shardsOf(plan.digest), []);
    assert.deepEqual(await shardsOf((await reshard(store, [])).digest), []);
  });

  it('adds up verdicts, and keeps a hundred warnings', async () => {
    const warnings = Array.from({ length: 70 }, (_, at) => `warning ${at}`);
    const first = await result([group('a', 'two.test')], { verdicts: { promote: 1, done: 2 }, warnings });
    const second = await result([group('b', 'one.test')], { verdicts: { promote: 3, lost: 1 }, warnings });
    const plan = await assemblePlan(store, [first, second], []);
    assert.deepEqual(plan.verdicts, { promote: 4, done: 2, lost: 1 });
    assert.deepEqual(plan.warnings, [...warnings, ...warnings.slice(0, 30)]);
    assert.deepEqual(plan.hosts, ['one.test', 'two.test']);
    const hosts = await destinationsOf(store, [first, second]);
    assert.deepEqual(
      [...hosts],
      [
        ['two.test', 'two.test/app'],
        ['one.test', 'one.test/app'],
      ],
    );
  });

  it('keeps back what is for hosts that take no writes, and drops what is for them alone', async () => {
    const tagless = {
      ...group('b', 'two.test'),
      targets: [{ repository: repository('two.test/app'), tags: [], hasDigest: false }],
    };
    const results = [await result([group('a', 'one.test', 'two.test'), tagless])];
    const refused = [{ host: 'two.test', reason: 'RegistryDenied', message: 'it answered 403' }];
    const plan = await assemblePlan(store, results, refused);
    assert.deepEqual(await shardsOf(plan.digest), [[group('a', 'one.test')]]);
    assert.deepEqual([plan.edges, plan.hosts], [1, ['one.test']]);
    const kept = { destination: 'two.test/app', digest: digest('a'), phase: 'plan', reason: 'RegistryDenied' };
    const message = 'it answered 403';
    assert.deepEqual(plan.quarantine, [
      { ...kept, source: 'staging.test/a/app', message, tag: '1' },
      { ...kept, source: 'staging.test/b/app', message },
    ]);
  });
});
