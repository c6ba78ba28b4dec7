import assert from 'node:assert/strict';
import fc from 'fast-check';
import { groupEdges, type Group } from '../../src/plan/document.ts';
import { splitWithheld, type WithheldOrder } from '../../src/plan/withheld.ts';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as Digest;
const OTHER = `sha256:${'b'.repeat(64)}`;

function group(targets: Readonly<Record<string, readonly string[]>>): Group {
  return {
    source: 'staging.example/app' as RepositoryName,
    digest: DIGEST,
    targets: Object.entries(targets).map(([repository, tags]) => ({
      repository: repository as RepositoryName,
      tags: tags as readonly Tag[],
      hasDigest: false,
    })),
  };
}

describe('what operators keep back', () => {
  it('is taken out by tag, or with all tags of a digest, and the rest stays', () => {
    const all = group({ 'one.example/app': ['1', 'latest'], 'two.example/app': [] });
    const byTag = splitWithheld(all, [{ destination: 'one.example/app', tag: 'latest', by: 'jane', reason: 'broken' }]);
    assert.deepEqual(byTag.open, group({ 'one.example/app': ['1'], 'two.example/app': [] }));
    assert.deepEqual(
      byTag.kept.map(({ group: { targets }, message, reason, transient }) => [targets, message, reason, transient]),
      [[group({ 'one.example/app': ['latest'] }).targets, 'kept back by jane: broken', 'withheld', false]],
    );
    const byDigest = splitWithheld(all, [
      { destination: 'one.example/app', digest: DIGEST },
      { destination: 'two.example/app', digest: DIGEST },
    ]);
    assert.deepEqual(byDigest.open.targets, []);
    assert.deepEqual(
      byDigest.kept.map(({ message }) => message),
      ['kept back by an operator', 'kept back by an operator'],
    );
  });

  it('is nothing of another digest or repository', () => {
    const all = group({ 'one.example/app': ['1'] });
    const orders = [
      { destination: 'one.example/app', digest: OTHER },
      { destination: 'one.example/app', digest: OTHER, tag: '1' },
      { destination: 'one.example/application', tag: '1' },
      { destination: 'one.example/app', tag: '1.0' },
    ];
    assert.deepEqual(splitWithheld(all, orders), { open: all, kept: [] });
  });

  it('loses no edge and doubles none', () => {
    const repository = fc.constantFrom('one.example/app', 'two.example/app', 'three.example/app');
    const tag = fc.constantFrom('1', '2', '3');
    const order: fc.Arbitrary<WithheldOrder> = fc
      .record({ destination: repository, tag: fc.option(tag), digest: fc.constantFrom(DIGEST, OTHER, null) })
      .map(({ destination, tag, digest }) => ({
        destination,
        ...(tag === null ? {} : { tag }),
        ...(digest === null ? {} : { digest }),
      }));
    const targets = fc.dictionary(repository, fc.uniqueArray(tag), { noNullPrototype: true });
    fc.assert(
      fc.property(targets, fc.array(order, { maxLength: 4 }), (targets, orders) => {
        const all = group(targets);
        const { open, kept } = splitWithheld(all, orders);
        const parts = kept.reduce((sum, entry) => sum + groupEdges(entry.group), groupEdges(open));
        assert.equal(parts, groupEdges(all));
      }),
    );
  });
});
