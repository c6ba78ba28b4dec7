import assert from 'node:assert/strict';
import { searchableDestinations } from '../../src/workflows/searchable-destinations.ts';

describe('searchableDestinations', () => {
  const many = (hosts: number) =>
    Array.from({ length: hosts }, (_, host) => [`mirror-${host}.example/a`, `mirror-${host}.example/b`]).flat();

  it('keeps a few as they are', () => {
    assert.deepEqual(searchableDestinations(many(3)), many(3));
  });

  it('keeps the hosts of many', () => {
    assert.deepEqual(
      searchableDestinations(many(60)),
      Array.from({ length: 60 }, (_, host) => `mirror-${host}.example`),
    );
  });

  it('never exceeds what servers take', () => {
    const kept = searchableDestinations(many(10_000));
    assert.ok(kept.length > 50);
    assert.ok(Buffer.byteLength(JSON.stringify(kept)) <= 2048);
  });
});
