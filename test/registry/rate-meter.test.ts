import assert from 'node:assert/strict';
import { createRateMeter } from '../../src/registry/rate-meter.ts';

describe('rate meter', () => {
  const counted = (from: number, to: number, everyMs: number) => {
    const meter = createRateMeter();
    for (let now = from; now < to; now += everyMs) meter.count(now);
    return meter;
  };

  it('says what happened in the better one of the last two seconds', () => {
    const meter = counted(0, 2_500, 10);
    assert.equal(meter.perSecond(2_500), 100);
    assert.equal(meter.isSure(2_500), true);
  });

  it('guesses by what there is when it has not measured for a second', () => {
    const meter = counted(0, 100, 10);
    assert.equal(meter.perSecond(100), 100);
    assert.equal(meter.isSure(100), false);
    assert.equal(createRateMeter().perSecond(5), 0);
  });

  it('forgets what is long ago', () => {
    const meter = counted(0, 2_500, 10);
    assert.equal(meter.perSecond(9_000), 0);
    assert.equal(meter.isSure(9_000), false);
  });

  it('begins anew', () => {
    const meter = counted(0, 2_500, 10);
    meter.restart(2_500);
    assert.equal(meter.isSure(2_600), false);
    assert.equal(meter.perSecond(2_600), 0);
  });
});
