import assert from 'node:assert/strict';
import type { Inventory } from '../../src/plan/inventory.ts';
import { judge, type Edge } from '../../src/plan/verdict.ts';
import type { Digest, Tag } from '../../src/reference.ts';
import { digest, repository, tag } from './support.ts';

const WANTED = digest('a');
const OTHER = digest('b');

function inventory(tags: Record<string, Digest>, digests: Digest[] = []): Inventory {
  return {
    tags: new Map(Object.entries(tags) as [Tag, Digest][]),
    digests: new Set([...digests, ...Object.values(tags)]),
  };
}

describe('judge', () => {
  const tagged: Edge = { source: repository('h/s/a'), digest: WANTED, destination: repository('h/d/a'), tag: tag('1') };
  const tagless: Edge = { source: tagged.source, digest: WANTED, destination: tagged.destination };

  const rows: readonly [string, Edge, boolean, Inventory, string][] = [
    ['nothing is there', tagged, true, inventory({}), 'promote'],
    ['the tag is right', tagged, true, inventory({ 1: WANTED }), 'done'],
    ['the tag is right and the source gone', tagged, false, inventory({ 1: WANTED }), 'done'],
    ['only the tag is missing', tagged, true, inventory({ 2: WANTED }), 'tag-missing'],
    ['the digest is there without tags', tagged, true, inventory({}, [WANTED]), 'tag-missing'],
    ['the tag points elsewhere', tagged, true, inventory({ 1: OTHER }), 'tag-move'],
    ['the tag points elsewhere and the digest is there', tagged, true, inventory({ 1: OTHER, 2: WANTED }), 'tag-move'],
    ['the source is gone', tagged, false, inventory({}), 'lost'],
    ['the source is gone and the tag points elsewhere', tagged, false, inventory({ 1: OTHER }), 'lost'],
    ['tagless, nothing is there', tagless, true, inventory({}), 'promote'],
    ['tagless, the digest is there', tagless, true, inventory({ 1: WANTED }), 'done'],
    ['tagless, the digest is there and the source gone', tagless, false, inventory({}, [WANTED]), 'done'],
    ['tagless, the source is gone', tagless, false, inventory({}), 'lost'],
  ];
  for (const [when, edge, inSource, held, verdict] of rows) {
    it(`says ${verdict} when ${when}`, () => assert.equal(judge(edge, inSource, held).verdict, verdict));
  }

  it('names both when the source is gone and the tag points elsewhere', () => {
    const judgement = judge(tagged, false, inventory({ 1: OTHER }));
    assert.ok('message' in judgement);
    assert.match(judgement.message, /_LOST_.*; besides, tag '1' in dest h\/d\/a points to sha256:b+, not sha256:a+/);
  });

  it('asks for a backfill when what is promoted without tag has left the source', () => {
    const judgement = judge(tagless, false, inventory({}, [WANTED]));
    assert.match(
      'warning' in judgement ? (judgement.warning ?? '') : '',
      /still _LOST_ in h\/s\/a; please backfill it!/,
    );
  });
});
