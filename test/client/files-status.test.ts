import assert from 'node:assert/strict';
import { exitCodeOfStatus, type FilesStatus } from '../../src/client/run-status.ts';
import { renderStatus } from '../../src/client/status.ts';
import { NO_FILES } from '../../src/workflows/file-details.ts';
import type { FilePromotionReport } from '../../src/workflows/file-messages.ts';

const HELD: FilePromotionReport = {
  outcome: 'held',
  run: 'first',
  total: 3,
  shards: { done: 1, total: 2 },
  counts: { ...NO_FILES, copied: 1, keptBack: 1, bytes: 2048 },
  samples: [
    {
      name: 'a',
      sha256: 'a'.repeat(64) as never,
      source: 'gs://staging/',
      destination: 's3://prod/',
      kind: 'kept-back',
      reason: 'lost',
      message: 'gs://staging/a does not exist',
    },
  ],
  phases: [
    { name: 'plan', state: 'done', startedAt: 0, endedAt: 2_000 },
    { name: 'promote', state: 'held', startedAt: 2_000, endedAt: 4_000, note: 'the bucket is down' },
  ],
  hold: { phase: 'promote', reason: 'the bucket is down', since: 4_000 },
  startedAt: 0,
};
const STATUS: FilesStatus = {
  kind: 'files',
  workflowId: 'files/0123',
  runId: 'first',
  state: 'held',
  phase: 'promote',
  destinations: ['s3://prod/'],
  startedAt: '2026-01-01T00:00:00.000Z',
  report: HELD,
};

describe('the status of a promotion of files', () => {
  it('says why it is held, how to go on, and what it has done', () => {
    assert.equal(
      renderStatus(STATUS, undefined),
      [
        'files/0123 (run first)',
        'held in promote; started 2026-01-01T00:00:00.000Z',
        'held: the bucket is down',
        "go on with: promoter retry 'files/0123'",
        '  plan     done     2.0 s',
        '  promote  held     2.0 s                  the bucket is down',
        '1/2 shards of 3 files',
        '1 file copied (2.0 KiB), 0 there already, 1 kept back',
        'kept back: gs://staging/a does not exist',
        '',
      ].join('\n'),
    );
  });

  it('ends with the code for how it stands', () => {
    const codeOf = (report: Partial<FilePromotionReport>) =>
      exitCodeOfStatus({ ...STATUS, report: { ...HELD, ...report } });
    assert.equal(codeOf({}), 4);
    assert.deepEqual([codeOf({ outcome: 'quarantined' }), codeOf({ outcome: 'done' })], [3, 0]);
    assert.deepEqual([codeOf({ outcome: 'dry-run' }), codeOf({ outcome: 'dry-run', counts: NO_FILES })], [3, 0]);
    assert.equal(codeOf({ outcome: 'failed' }), 1);
  });
});
