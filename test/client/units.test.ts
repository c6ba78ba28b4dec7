import assert from 'node:assert/strict';
import { counted, formatBytes, formatDuration } from '../../src/client/units.ts';

describe('units', () => {
  it('count', () => {
    assert.equal(counted(1, 'edge'), '1 edge');
    assert.equal(counted(0, 'edge'), '0 edges');
    assert.equal(counted(1_234_567, 'registry', 'registries'), '1,234,567 registries');
  });

  it('measure bytes', () => {
    const texts = [0, 1, 1023, 1024, 1_500_000, 5 * 1024 ** 3, 3 * 1024 ** 5].map(formatBytes);
    assert.deepEqual(texts, ['0 B', '1 B', '1023 B', '1.0 KiB', '1.4 MiB', '5.0 GiB', '3072.0 TiB']);
  });

  it('measure time', () => {
    const texts = [-5, 0, 440, 9_900, 12_400, 59_400, 185_000, 7_860_000].map(formatDuration);
    assert.deepEqual(texts, ['0.0 s', '0.0 s', '0.4 s', '9.9 s', '12 s', '59 s', '3 min 5 s', '2 h 11 min']);
  });
});
