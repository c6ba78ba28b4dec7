import assert from 'node:assert/strict';
import { draftPlan, edgeKey } from '../../src/plan/draft.ts';
import { digest, manifest } from './support.ts';

const MANIFESTS = [
  manifest('staging.test/one', ['a.test/prod', 'b.test/prod'], { app: { 1: ['v1', 'v2'], 2: [] } }),
  manifest('staging.test/two', ['a.test/prod'], { app: { 3: ['v2'] }, other: { 4: ['v1'] } }),
];
const A = 'a.test/prod/app';
const B = 'b.test/prod/app';

describe('a draft of a plan', () => {
  it('counts edges, and reports those that contradict each other', () => {
    const draft = draftPlan(MANIFESTS);
    assert.equal(draft.edges, 8);
    assert.deepEqual(draft.sourceHosts, ['staging.test']);
    assert.deepEqual(draft.destinationHosts, ['a.test', 'b.test']);
    assert.deepEqual(
      draft.overlaps
        .map(({ source, digest: of, destination, tag }) => `${source} ${of} ${destination}:${tag}`)
        .toSorted(),
      [`staging.test/one/app ${digest('1')} ${A}:v2`, `staging.test/two/app ${digest('3')} ${A}:v2`],
    );
    for (const { reason, phase, message } of draft.overlaps) {
      assert.deepEqual([reason, phase], ['overlap', 'plan']);
      assert.ok(message.endsWith(`endpoint ${A}:v2: ${digest('1')}, ${digest('3')}`), message);
    }
  });

  it('keeps only the edges that were asked for', () => {
    const only = new Set([
      edgeKey({ digest: digest('1'), destination: B, tag: 'v1' }),
      edgeKey({ digest: digest('2'), destination: A }),
    ]);
    const draft = draftPlan(MANIFESTS, only);
    assert.deepEqual([draft.edges, draft.overlaps], [2, []]);
    const wishes = draft.shards.flat().map(({ destinations, digests }) => ({ destinations, digests }));
    assert.deepEqual(
      wishes.toSorted((one, other) => String(one.destinations).localeCompare(String(other.destinations))),
      [
        { destinations: [A], digests: [{ digest: digest('2'), tags: [] }] },
        { destinations: [B], digests: [{ digest: digest('1'), tags: ['v1'] }] },
      ],
    );
    assert.deepEqual(draft.destinationHosts, ['a.test', 'b.test']);
  });

  it('still sees that an edge to keep contradicts one that is not', () => {
    const draft = draftPlan(MANIFESTS, new Set([edgeKey({ digest: digest('1'), destination: A, tag: 'v2' })]));
    assert.deepEqual(draft.shards.flat(), []);
    assert.deepEqual(
      draft.overlaps.map(({ digest: of }) => of),
      [digest('1')],
    );
    assert.deepEqual([draft.edges, draft.destinationHosts], [1, ['a.test']]);
  });
});
