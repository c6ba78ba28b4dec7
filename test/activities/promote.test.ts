import assert from 'node:assert/strict';
import { ActivityCancellationDetails, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { PromoterError } from '../../src/errors.ts';
import { debtNames, readDebts } from '../../src/plan/debts.ts';
import { putDocument, type Group } from '../../src/plan/document.ts';
import type { RepositoryName, Tag } from '../../src/reference.ts';
import { waitFor } from '../support/waiting.ts';
import { createBench, RUN, type Bench } from './support.ts';

const SOURCE = 'staging.example/s/app' as RepositoryName;
const ONE = 'one.example/prod/app' as RepositoryName;
const TWO = 'two.example/prod/app' as RepositoryName;

describe('promote activity', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await createBench();
  });
  afterEach(() => bench.dispose());

  async function planOf(groups: readonly Group[]): Promise<string> {
    return putDocument(bench.store, { shards: [await putDocument(bench.store, { groups })] });
  }

  async function groupOf(seed: string, tag: string): Promise<Group> {
    const image = await bench.push(SOURCE, seed);
    const target = { tags: [tag as Tag], hasDigest: false };
    return {
      source: SOURCE,
      digest: image.root.digest,
      targets: [ONE, TWO].map((repository) => ({ repository, ...target })),
    };
  }

  const promote = (index: string, round = 0, info = {}) =>
    bench.run(bench.activities.promoteShard, { run: RUN, index, shard: 0, round }, info);

  it('copies its groups and counts what that took', async () => {
    const groups = [await groupOf('a', '1'), await groupOf('b', '2')];
    const { counts, residue, clean } = await promote(await planOf(groups));
    assert.equal(residue, 0);
    assert.equal(clean, true);
    assert.equal(counts.edges, 4);
    assert.equal(counts.manifests, 4);
    assert.equal(bench.registry.tagOf(TWO, '2' as Tag), groups[1]?.digest);
  });

  it('puts what fails into the residue and goes on with the rest, and a later round finishes it', async () => {
    const groups = [await groupOf('a', '1'), await groupOf('b', '2')];
    bench.registry.before = ({ repository, name }) => {
      if (repository === TWO && name === 'putManifest') throw new PromoterError('RegistryUnavailable', 'PUT two: 503');
    };
    const first = await promote(await planOf(groups));
    assert.deepEqual([first.counts.edges, first.residue], [2, 2]);
    const left = await bench.run(bench.activities.gatherResidue, { run: RUN, round: 0 });
    assert.deepEqual([left.shards, left.edges, left.quarantine.edges, left.reason], [1, 2, 0, 'PUT two: 503']);
    bench.registry.before = () => {};
    const second = await promote(left.index, 1);
    assert.deepEqual([second.counts.edges, second.residue], [2, 0]);
    assert.equal(bench.registry.tagOf(TWO, '2' as Tag), groups[1]?.digest);
  });

  it('quarantines what no retry can cure at once, and the rest when it is given up', async () => {
    const groups = [await groupOf('a', '1'), await groupOf('b', '2')];
    bench.registry.before = ({ repository, name, reference }) => {
      if (repository !== TWO || name !== 'putManifest') return;
      throw new PromoterError(reference === '1' ? 'RegistryDenied' : 'RegistryUnavailable', `PUT two:${reference}`);
    };
    await promote(await planOf(groups));
    const left = await bench.run(bench.activities.gatherResidue, { run: RUN, round: 0 });
    assert.deepEqual([left.edges, left.quarantine.edges], [1, 1]);
    await bench.run(bench.activities.quarantineResidue, { run: RUN, round: 0 });
    const { edges, samples } = await bench.run(bench.activities.gatherQuarantine, { run: RUN });
    assert.equal(edges, 2);
    assert.deepEqual(samples.map(({ tag, reason }) => `${tag} ${reason}`).sort(), [
      '1 RegistryDenied',
      '2 RegistryUnavailable',
    ]);
  });

  it('quarantines a tag that points elsewhere by now and never moves it', async () => {
    const group = await groupOf('a', '1');
    const other = await bench.push(TWO, 'other', '1');
    await promote(await planOf([group]));
    assert.equal(bench.registry.tagOf(TWO, '1' as Tag), other.root.digest);
    const left = await bench.run(bench.activities.gatherResidue, { run: RUN, round: 0 });
    assert.deepEqual([left.edges, left.quarantine.edges], [0, 1]);
  });

  it('resumes behind the groups that an earlier attempt completed, and keeps its counts', async () => {
    const groups = [await groupOf('a', '1'), await groupOf('b', '2')];
    const index = await planOf(groups);
    await promote(await planOf(groups.slice(0, 1)));
    const counts = { edges: 2, present: 0, manifests: 2, blobs: 6, mounted: 0, bytes: 600 };
    const before = bench.registry.calls.length;
    const result = await promote(index, 0, { attempt: 2, heartbeatDetails: { index, done: [0], counts } });
    assert.equal(result.counts.edges, 4);
    assert.ok(bench.registry.calls.slice(before).every(({ reference }) => reference !== groups[0]?.digest));
  });

  it('leaves its position when the workflow stops it, and another activity goes on there', async () => {
    const groups = [await groupOf('a', '1'), await groupOf('b', '2')];
    const index = await planOf(groups);
    const environment = new MockActivityEnvironment();
    const isOf = (group: Group | undefined, { reference }: { reference?: string }) => reference === group?.digest;
    const stop = (): void =>
      environment.cancel('CANCELLED', new ActivityCancellationDetails({ cancelRequested: true }));
    let first = false;
    bench.registry.before = async (call) => {
      if (!isOf(groups[1], call)) return;
      await waitFor(() => first);
      stop();
      throw new PromoterError('RegistryUnavailable', 'the connection was cut');
    };
    environment.on('heartbeat', ({ done }: { done: readonly number[] }) => (first ||= done.includes(0)));
    const input = { run: RUN, index, shard: 0, round: 0 };
    const stopped = await environment.run(bench.activities.promoteShard, input).then(
      () => assert.fail('it went on'),
      (error: unknown) => error,
    );
    assert.ok(stopped instanceof CancelledFailure);
    const [{ position: from }] = stopped.details as [{ position: string }];
    bench.registry.before = () => {};
    const before = bench.registry.calls.length;
    const result = await bench.run(bench.activities.promoteShard, { ...input, from });
    assert.deepEqual([result.counts.edges + result.counts.present, result.residue], [4, 0]);
    assert.ok(bench.registry.calls.slice(before).every((call) => !isOf(groups[0], call)));
  });

  it('writes nothing again that a lost attempt had finished', async () => {
    const index = await planOf([await groupOf('a', '1')]);
    await promote(index);
    const before = bench.registry.calls.length;
    const again = await promote(index, 0, { attempt: 2 });
    assert.deepEqual([again.counts.edges, again.counts.present], [0, 2]);
    assert.ok(
      bench.registry.calls.slice(before).every(({ name }) => name === 'headManifest' || name === 'getManifest'),
    );
  });

  it('copies again what a destination acknowledged and lost', async () => {
    const groups = [await groupOf('a', '1'), await groupOf('b', '2')];
    let losing = true;
    const put = bench.registry.putManifest.bind(bench.registry);
    bench.registry.putManifest = async (...call) => {
      if (losing && call[0] === TWO && call[1] === '2') return { subjectAccepted: false };
      return put(...call);
    };
    const first = await promote(await planOf(groups));
    assert.deepEqual([first.counts.edges, first.residue], [3, 1]);
    const left = await bench.run(bench.activities.gatherResidue, { run: RUN, round: 0 });
    assert.deepEqual([left.edges, left.quarantine.edges], [1, 0]);
    assert.match(left.reason ?? '', /two\.example acknowledged two\.example\/prod\/app:2 and does not have it/);
    const again = await promote(left.index, 1);
    assert.equal(again.residue, 1, 'it is lost again');
    losing = false;
    const last = await promote(left.index, 2);
    assert.deepEqual([last.counts.edges, last.residue], [1, 0]);
    assert.equal(bench.registry.tagOf(TWO, '2' as Tag), groups[1]?.digest);
  });

  it('reports a tag that somebody else wrote at the same time', async () => {
    const group = await groupOf('a', '1');
    const other = await bench.push(TWO, 'other');
    const put = bench.registry.putManifest.bind(bench.registry);
    bench.registry.putManifest = async (...call) => {
      const written = await put(...call);
      if (call[0] === TWO && call[1] === '1') await put(TWO, '1' as Tag, other.root);
      return written;
    };
    await promote(await planOf([group]));
    const left = await bench.run(bench.activities.gatherResidue, { run: RUN, round: 0 });
    assert.deepEqual([left.edges, left.quarantine.edges], [0, 1]);
    assert.match(left.quarantine.samples[0]?.message ?? '', /something else writes there/);
  });

  it('records what it is about to promote before it writes', async () => {
    const group = await groupOf('a', '1');
    bench.registry.before = ({ name }) => {
      if (name === 'openUpload') throw new PromoterError('RegistryUnavailable', 'gone');
    };
    await promote(await planOf([group]));
    const [name = ''] = await debtNames(bench.store);
    const [debt] = await readDebts(bench.store, name);
    assert.equal(debt?.digest, group.digest);
    assert.deepEqual(
      debt?.targets.map(({ repository }) => repository),
      [ONE, TWO],
    );
  });
});
