import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { showAsLines } from '../../src/client/line-progress.ts';
import { drawPhases, showOnTerminal } from '../../src/client/terminal-progress.ts';
import { NOW, sampleReport } from './sample-report.ts';

const SETBACK = {
  activity: 'promoteShard',
  attempt: 2,
  attempts: 8,
  message: `mirror.example: 503 ${'x'.repeat(300)}`,
};
const LINE = 'promoteShard: attempt 2 of 8, since mirror.example: 503';

function stream(): { text: string; write: (text: string) => void } {
  const written = { text: '', write: (text: string) => void (written.text += text) };
  return written;
}

describe('progress as lines', () => {
  it('says each thing once', () => {
    const written = stream();
    const progress = showAsLines(written, () => 0);
    progress.show(sampleReport(), [SETBACK]);
    progress.show(sampleReport(), [SETBACK]);
    const lines = written.text.trimEnd().split('\n');
    assert.deepEqual(lines.slice(0, 5), [
      'Phase 1/4: setup',
      'Phase "setup" completed in 0.4 s: 12 edges in 2 files',
      'Phase 2/4: plan',
      'Phase "plan" completed in 20 s',
      'Phase 3/4: promote',
    ]);
    assert.ok(lines[5]?.startsWith(LINE));
    assert.equal(lines.length, 6);
  });

  it('counts shards now and then', () => {
    const written = stream();
    let now = 0;
    const progress = showAsLines(written, () => now);
    for (now of [1_000, 5_000, 11_000, 12_000]) progress.show(sampleReport(), []);
    assert.equal(written.text.match(/Phase "promote": 10 of 40 shards/g)?.length, 1);
  });

  it('says why a phase is held', () => {
    const written = stream();
    const hold = { phase: 'promote', reason: 'no destination answers', since: 0 } as const;
    showAsLines(written, () => 0).show(sampleReport({ outcome: 'held', hold }), []);
    assert.match(written.text, /Phase "promote" is held since 1970-01-01T00:00:00\.000Z: no destination answers\n$/);
  });
});

describe('progress on a terminal', () => {
  it('has a line for each phase, with a bar and the time that is left', () => {
    assert.deepEqual(drawPhases(sampleReport(), [], { columns: 80, colours: false, now: NOW }), [
      '✓ setup    0.4 s  12 edges in 2 files',
      '✓ plan     20 s',
      '▶ promote  40 s  █████░░░░░░░░░░░░░░░ 10/40  ETA 2 min 0 s',
      '· sign',
    ]);
  });

  for (const columns of [80, 200]) {
    it(`never wraps at ${columns} columns`, () => {
      const phases = sampleReport().phases.map((row) => ({ ...row, note: `${'many words '.repeat(40)}\nand lines` }));
      for (const line of drawPhases(sampleReport({ phases }), [SETBACK], { columns, colours: true, now: NOW })) {
        const plain = stripVTControlCharacters(line);
        assert.ok(plain.length < columns, plain);
        assert.ok(!plain.includes('\n'));
      }
    });
  }

  it('has no colours where they are not wanted', () => {
    const text = (colours: boolean): string =>
      drawPhases(sampleReport(), [SETBACK], { columns: 80, colours, now: NOW }).join('\n');
    assert.equal(text(false), stripVTControlCharacters(text(true)));
    assert.notEqual(text(false), text(true));
  });

  it('is drawn over itself, and notes stay above it', () => {
    const written = stream();
    const progress = showOnTerminal({ ...written, columns: 80 }, false);
    try {
      progress.show(sampleReport(), []);
      const first = written.text.length;
      progress.note('the server is back');
      assert.ok(written.text.slice(first).startsWith('\u001B[4A\u001B[Jthe server is back\n✓ setup'));
    } finally {
      progress.close();
    }
  });
});
