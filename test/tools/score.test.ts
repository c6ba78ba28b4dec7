import assert from 'node:assert/strict';
import type { MutantResult, MutantStatus } from '@stryker-mutator/api/core';
import { findingOf, scoreOf } from '../../tools/mutation/score.ts';

function mutants(...statuses: readonly MutantStatus[]): MutantResult[] {
  return statuses.map((status) => ({ status }) as MutantResult);
}

describe('the score of mutation tests', () => {
  it('counts what some test noticed, of all that tests could notice', () => {
    const finding = findingOf('plan', mutants('Killed', 'Killed', 'Timeout', 'Survived', 'NoCoverage', 'Ignored'));
    assert.deepEqual(finding, {
      kind: 'mutants',
      folder: 'plan',
      killed: 2,
      timedOut: 1,
      survived: 1,
      untested: 1,
      left: 1,
    });
    assert.equal(scoreOf(finding), 60);
    assert.equal(scoreOf(findingOf('plan', [])), 0);
  });
});
