import assert from 'node:assert/strict';
import type { Result } from '../../bench/result.ts';
import { renderResults } from '../../bench/table.ts';

const RESULT: Result = {
  tool: 'promoter, 2 workers',
  work: { size: 'S', latency: 30, rate: 0, perHost: false, unchanged: false, singlePost: false },
  built: true,
  floor: 603,
  wallMs: 1_500,
  cpuMs: 1_640,
  cpuMsOf: { command: 500, server: 340, 'worker 1': 500, 'worker 2': 300, registry: 90 },
  peakBytes: 310 * 2 ** 20,
  exitCode: 0,
  requests: 624,
  class: { 'tags.list': 20, 'blob.get': 62 },
  busiestHost: 180,
  throttled: 0,
  connections: 187,
  spanMs: 1_100,
  bytesOut: 0,
  edges: 60,
  edgesWanted: 60,
  at: '2026-11-21T12:00:00.000Z',
  processors: 2,
};

describe('the table of a bench', () => {
  it('has a row for each tool, and below it what it asked for and which of its processes worked how much', () => {
    const lines = renderResults([RESULT]).split('\n');
    assert.match(lines[1] ?? '', /^promoter, 2 workers +1\.50 +1\.64 +310 +624 +1\.03 +0 +187 +60\/60 +ok$/);
    assert.deepEqual(lines.slice(3, 5), [
      'promoter, 2 workers: blob.get 62, tags.list 20',
      'promoter, 2 workers, CPU s: command 0.50, server 0.34, worker 1 0.50, worker 2 0.30, registry 0.09',
    ]);
  });

  it('says of a tool that was stopped no more than is known', () => {
    const { cpuMs: _, cpuMsOf: __, peakBytes: ___, exitCode: ____, ...stopped } = RESULT;
    const lines = renderResults([{ ...stopped, edges: 12 }]).split('\n');
    assert.match(lines[1] ?? '', /1\.50 +– +– .* 12\/60 +stopped$/);
    assert.ok(!lines.some((line) => line.includes('CPU s:')));
  });
});
