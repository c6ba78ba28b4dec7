import assert from 'node:assert/strict';
import { outputPattern } from './shown-output.ts';

describe('output that a page shows', () => {
  const SHOWN = ['NAME  DIGEST', 'web   0123456789ab', '…', 'done: 728 B, log entry 0 (of …)'];

  it('is that of the next run, whatever its digests and sizes', () => {
    const printed =
      'NAME     DIGEST\nweb-app  x\nweb   ba9876543210\nmore\nand more\ndone: 1.2 MiB, log entry 77 (of us)\n';
    assert.match(printed.replace('web-app  x\n', ''), outputPattern(SHOWN));
    assert.doesNotMatch(printed, outputPattern(SHOWN), 'a line that is not shown');
  });

  for (const [what, printed] of [
    ['another word', 'NAME DIGEST\nweb 0123456789ab\ndone: 728 B, log entry 0 (of us), at last\n'],
    ['a line less', 'NAME DIGEST\nweb 0123456789ab\n'],
    ['a line more', 'NAME DIGEST\nweb 0123456789ab\ndone: 728 B, log entry 0 (of us)\nand more\n'],
  ] as const) {
    it(`is not ${what}`, () => assert.doesNotMatch(printed, outputPattern(SHOWN)));
  }
});
