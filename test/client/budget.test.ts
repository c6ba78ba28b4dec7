import assert from 'node:assert/strict';
import { renderState } from '../../src/client/budget.ts';
import { BLANK_BOOK, takeLease } from '../../src/workflows/lease-book.ts';
import { createProgram, runProgram } from '../../src/client/program.ts';
import { captureOutput } from './captured-output.ts';

const NOON = Date.UTC(2026, 0, 2, 12);

describe('promoter budget', () => {
  for (const rate of ['0', '-1', 'fast', '1e9']) {
    it(`refuses ${rate} as a rate`, async () => {
      const { captured, output } = captureOutput();
      await runProgram(createProgram(output), ['budget', 'r.example', '--', rate], output);
      assert.equal(captured.exitCode, 2);
      assert.match(captured.stderr, /must be a number from 0\.1 to 100000, or 'default'/);
    });
  }

  it('shows the rate, who has which share of it, and who may write', () => {
    const { book } = takeLease({ ...BLANK_BOOK, operatorCeiling: 50 }, { worker: 'pod-1', want: 1 }, NOON);
    const writer = { workflowId: 'promotion/r.example', until: NOON + 1 };
    assert.equal(
      renderState('r.example', { book, writer, usedAt: NOON }, NOON),
      [
        'r.example: 50 requests a second for all workers together (ceiling 50, set by an operator)',
        'only promotion/r.example may write there',
        'WORKER  REQUESTS/S  UNTIL',
        'pod-1   50          2026-01-02T12:00:03.000Z',
        '',
      ].join('\n'),
    );
  });

  it('says when nothing is known', () => {
    const said = [
      'r.example: no limit is known',
      'no worker asks anything of it at the moment; is the name right?',
      '',
    ];
    assert.equal(renderState('r.example', { book: BLANK_BOOK, usedAt: NOON }, NOON), said.join('\n'));
  });
});
