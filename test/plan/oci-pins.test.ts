import assert from 'node:assert/strict';
import type { StoredBlob } from '../../src/plan/oci-manifest.ts';
import { createPins } from '../../src/plan/oci-pins.ts';
import { digest } from './support.ts';

function blobs(count: number): readonly StoredBlob[] {
  return Array.from({ length: count }, (_, at) => ({ digest: digest(at.toString(16).padStart(4, '0')), size: at }));
}

describe('createPins', () => {
  it('holds 64 blobs by each manifest, and begins the next one only then', async () => {
    const written: (readonly [number: number, held: number])[] = [];
    const held = new Map<number, readonly StoredBlob[]>();
    const pins = createPins(async (number, some) => {
      written.push([number, some.length]);
      held.set(number, some);
    });
    await Promise.all(blobs(130).map((blob) => pins.pin(blob)));
    assert.deepEqual(written, [
      [0, 1],
      [0, 64],
      [1, 64],
      [2, 2],
    ]);
    assert.deepEqual([...held.values()].flat(), blobs(130));
  });

  it('holds a blob once, however often it is pinned', async () => {
    const [blob] = blobs(1);
    assert.ok(blob !== undefined);
    let held: readonly StoredBlob[] = [];
    const pins = createPins(async (_, some) => void (held = some));
    for (let time = 0; time < 3; time++) await pins.pin(blob);
    assert.deepEqual(held, [blob]);
  });
});
