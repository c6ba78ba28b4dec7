import assert from 'node:assert/strict';
import { floorOf } from '../../bench/work/floor.ts';
import { SIZES, type SizeName } from '../../bench/work/size.ts';
import { makeWork } from '../../bench/work/work.ts';

function floor(name: SizeName) {
  const size = SIZES[name];
  const mirrors = Array.from({ length: size.mirrors }, (_, index) => `mirror-${index}`);
  return floorOf(makeWork(size, 'staging', mirrors));
}

describe('floorOf', () => {
  it('counts what each step of the smallest work needs', () => {
    assert.deepEqual(floor('S'), {
      lists: 20,
      sourceManifests: 20,
      sourceBlobs: 62,
      uploads: 372,
      mounts: 9,
      guards: 60,
      manifests: 60,
      total: 603,
      busiestHost: 172,
    });
  });

  it('grows to that of a release and of many', () => {
    assert.equal(floor('M').total, 13_566);
    assert.equal(floor('L').total, 330_712);
  });
});
