import assert from 'node:assert/strict';
import { exitCodeOfError, exitCodeOfReport } from '../../src/client/exit-code.ts';
import { PromoterError, type ErrorCode } from '../../src/errors.ts';
import type { Outcome } from '../../src/workflows/messages.ts';

describe('exit codes', () => {
  it('tell how a run ended', () => {
    const codeOf = (outcome: Outcome, edges = 0): number => exitCodeOfReport({ outcome, quarantine: { edges } });
    assert.equal(codeOf('done'), 0);
    assert.equal(codeOf('dry-run'), 0);
    assert.equal(codeOf('quarantined', 2), 3);
    assert.equal(codeOf('dry-run', 2), 3);
    assert.equal(codeOf('held'), 4);
    assert.equal(codeOf('running'), 0);
  });

  it('tell what kind of error ended a command', () => {
    const codeOf = (code: ErrorCode): number => exitCodeOfError(new PromoterError(code, 'text'));
    assert.equal(codeOf('UsageInvalid'), 2);
    assert.equal(codeOf('ManifestInvalid'), 2);
    assert.equal(codeOf('ConfigInvalid'), 2);
    assert.equal(codeOf('RunConflict'), 5);
    assert.equal(codeOf('TemporalUnavailable'), 1);
    assert.equal(exitCodeOfError(new TypeError('unexpected')), 1);
  });
});
