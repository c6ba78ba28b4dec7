import assert from 'node:assert/strict';
import { standstillLines } from '../../src/client/standstill.ts';
import { sampleReport } from './sample-report.ts';

const ID = 'promotion/prod.example';
const linesOf = (change: Parameters<typeof sampleReport>[0]): readonly string[] =>
  standstillLines(sampleReport(change), ID);

describe('what a run waits for', () => {
  it('is nothing while it works, or once it is approved', () => {
    assert.deepEqual(linesOf({}), []);
    const given = { by: 'jane', at: 0, proof: 'claimed' };
    assert.deepEqual(linesOf({ approval: { rule: 'required', since: 0, given } }), []);
  });

  it('is said with the command that ends it, for each thing that it waits for', () => {
    const lines = linesOf({
      pause: { since: 0, by: 'jane', reason: 'the mirrors move' },
      approval: { rule: 'required', since: 0 },
      freeze: { since: 0, until: 60_000, reason: 'weekend' },
    });
    assert.deepEqual(lines, [
      'paused since 1970-01-01T00:00:00.000Z by jane: the mirrors move',
      `go on with: promoter resume '${ID}'`,
      'waits for the Update approve',
      `let it promote with: promoter approve '${ID}'`,
      'frozen until 1970-01-01T00:01:00.000Z: weekend',
      `promote all the same with: promoter override-freeze '${ID}' --reason …`,
    ]);
  });

  it('has no command where somebody elsewhere has to act', () => {
    const approval = { rule: 'github-review', since: 0, missing: 'pull/7 has no approving review' } as const;
    assert.deepEqual(linesOf({ approval }), [
      'waits for an approving review of the pull request of its commit on GitHub: pull/7 has no approving review',
    ]);
  });
});
