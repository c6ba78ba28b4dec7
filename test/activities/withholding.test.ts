import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import { putDocument, type Group } from '../../src/plan/document.ts';
import type { RepositoryName, Tag } from '../../src/reference.ts';
import { createBench, failure, RUN, type Bench } from './support.ts';

const SOURCE = 'staging.example/s/app' as RepositoryName;
const ONE = 'one.example/prod/app' as RepositoryName;
const TWO = 'two.example/prod/app' as RepositoryName;
const ORDER = { destination: TWO, tag: '1', by: 'jane', reason: 'it is broken' };

describe('withholding activities', () => {
  let bench: Bench;
  let group: Group;
  let index: string;

  beforeEach(async () => {
    bench = await createBench();
    const image = await bench.push(SOURCE, 'a');
    const target = { tags: ['1' as Tag, '2' as Tag], hasDigest: false };
    group = {
      source: SOURCE,
      digest: image.root.digest,
      targets: [ONE, TWO].map((repository) => ({ repository, ...target })),
    };
    index = await putDocument(bench.store, { shards: [await putDocument(bench.store, { groups: [group] })] });
  });
  afterEach(() => bench.dispose());

  const withhold = (orders: readonly object[], added?: object) =>
    bench.run(bench.activities.withholdEdges, { index, orders, added } as never);
  const promote = (at: string, round: number, withheld: string) =>
    bench.run(bench.activities.promoteShard, { run: RUN, index: at, shard: 0, round, withheld });
  const gather = (round: number, withheld: string) =>
    bench.run(bench.activities.gatherResidue, { run: RUN, round, withheld });

  it('keep an edge back, report it with who and why, and promote it once it is given free', async () => {
    const { list, edges, present } = await withhold([ORDER], ORDER);
    assert.deepEqual([edges, present], [1, 0]);
    const { counts, residue } = await promote(index, 0, list);
    assert.deepEqual([counts.edges, residue], [3, 1]);
    assert.equal(bench.registry.tagOf(TWO, '1' as Tag), undefined);

    const kept = await gather(0, list);
    assert.deepEqual([kept.shards, kept.released, kept.quarantine.edges], [0, 0, 1]);
    const [sample] = kept.quarantine.samples;
    assert.deepEqual([sample?.destination, sample?.tag, sample?.reason], [TWO, '1', 'withheld']);
    assert.equal(sample?.message, 'kept back by jane: it is broken');

    const none = (await withhold([])).list;
    const free = await gather(0, none);
    assert.deepEqual([free.shards, free.released, free.quarantine.edges], [1, 1, 0]);
    const second = await promote(free.index, 1, none);
    assert.equal(second.counts.edges + second.counts.present, 1);
    assert.equal(bench.registry.tagOf(TWO, '1' as Tag), group.digest);
  });

  it('hand what is still kept back from round to round', async () => {
    const { list } = await withhold([ORDER], ORDER);
    bench.registry.before = ({ repository, name }) => {
      if (repository === ONE && name === 'putManifest') throw new PromoterError('RegistryUnavailable', 'PUT one: 503');
    };
    await promote(index, 0, list);
    const first = await gather(0, list);
    assert.deepEqual([first.edges, first.quarantine.edges], [2, 1]);
    bench.registry.before = () => {};
    await promote(first.index, 1, list);
    const second = await gather(1, list);
    assert.deepEqual([second.shards, second.quarantine.edges], [0, 1]);
    const free = await gather(1, (await withhold([])).list);
    assert.deepEqual([free.released, free.quarantine.edges], [1, 0]);
  });

  it('say so when there is nothing to keep back', async () => {
    const unknown = { destination: TWO, tag: '7' };
    await assert.rejects(
      withhold([unknown], unknown),
      failure('RequestInvalid', /the plan has no edge two\.example\/prod\/app:7: nothing is kept back/, false),
    );
    await promote(index, 0, (await withhold([])).list);
    await assert.rejects(withhold([ORDER], ORDER), failure('RequestInvalid', /is in production already/, false));
  });

  it('keep back what a destination that does not answer cannot say', async () => {
    bench.registry.before = ({ repository }) => {
      if (repository === TWO) throw new PromoterError('RegistryUnavailable', 'HEAD two: 503');
    };
    assert.equal((await withhold([ORDER], ORDER)).edges, 1);
  });
});
