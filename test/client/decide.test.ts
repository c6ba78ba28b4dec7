import assert from 'node:assert/strict';
import { requestAgain } from '../../src/client/decide.ts';
import type { PromotionStatus } from '../../src/client/run-status.ts';
import type { PromotionRequest } from '../../src/workflows/promotion-request.ts';
import { sampleReport } from './sample-report.ts';

const REQUEST: PromotionRequest = { manifests: `sha256:${'a'.repeat(64)}`, confirm: true, strict: false };
const STATUS: PromotionStatus = {
  kind: 'promotion',
  workflowId: 'promotion/mirror.example-0',
  runId: 'run',
  state: 'failed',
  destinations: ['mirror.example/production'],
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:01:00.000Z',
};

describe('retrying a run that has ended', () => {
  it('asks for the same again when it failed', () => {
    assert.deepEqual(requestAgain(STATUS, REQUEST), REQUEST);
  });

  it('asks for the quarantined edges alone when there are any', () => {
    const list = `sha256:${'b'.repeat(64)}`;
    const report = sampleReport({ outcome: 'quarantined', quarantine: { edges: 2, samples: [], list } });
    assert.deepEqual(requestAgain({ ...STATUS, state: 'quarantined', report }, REQUEST), { ...REQUEST, only: list });
  });

  it('takes manifests of the same commit from git, wherever the branch is now', () => {
    const list = `sha256:${'b'.repeat(64)}`;
    const commit = 'c'.repeat(40);
    const report = sampleReport({ outcome: 'quarantined', commit, quarantine: { edges: 2, samples: [], list } });
    const git = { url: 'https://git.example/manifests', ref: 'main', thinManifestDir: '.' };
    const again = requestAgain({ ...STATUS, state: 'quarantined', report }, { git, confirm: true });
    assert.deepEqual(again, { git: { ...git, ref: commit }, confirm: true, only: list });
  });

  it('is refused when everything was done', () => {
    const report = sampleReport({ outcome: 'done' });
    assert.throws(() => requestAgain({ ...STATUS, state: 'done', report }, REQUEST), {
      code: 'UsageInvalid',
      message: 'promotion/mirror.example-0 has ended and nothing is left to retry',
    });
  });
});
