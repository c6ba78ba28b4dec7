import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { showAsLines } from '../../src/client/line-progress.ts';
import { STILL } from '../../src/client/run-pulse.ts';
import { drawRun, type Canvas, type Picture } from '../../src/client/terminal-drawing.ts';
import { showOnTerminal } from '../../src/client/terminal-progress.ts';
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
  it('says once why nothing happens', () => {
    const written = stream();
    const progress = showAsLines(written, () => 0);
    const paused = sampleReport({ outcome: 'paused', pause: { since: 0, by: 'jane' } });
    progress.show(paused, [], STILL);
    progress.show(paused, [], STILL);
    assert.equal(written.text.split('Paused since 1970-01-01T00:00:00.000Z by jane\n').length, 2);
    const lines = drawRun({ report: paused, setbacks: [], pulse: STILL }, { columns: 60, colours: false, now: NOW });
    assert.ok(lines.includes('‖ paused since 1970-01-01T00:00:00.000Z by jane'));
  });

  it('says each thing once', () => {
    const written = stream();
    const progress = showAsLines(written, () => 0);
    progress.show(sampleReport(), [SETBACK], STILL);
    progress.show(sampleReport(), [SETBACK], STILL);
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
    for (now of [1_000, 5_000, 11_000, 12_000]) progress.show(sampleReport(), [], STILL);
    assert.equal(written.text.match(/Phase "promote": 10 of 40 shards/g)?.length, 1);
  });

  it('says why a phase is held', () => {
    const written = stream();
    const hold = { phase: 'promote', reason: 'no destination answers', since: 0 } as const;
    showAsLines(written, () => 0).show(sampleReport({ outcome: 'held', hold }), [], STILL);
    assert.match(written.text, /Phase "promote" is held since 1970-01-01T00:00:00\.000Z: no destination answers\n$/);
  });
});

const PULSE = {
  rates: [
    { host: 'mirror.example', perSecond: 82.6, throttled: 3 },
    { host: 'staging.example', perSecond: 4, throttled: 0 },
  ],
  edges: 30,
};
const CANVAS: Canvas = { columns: 80, colours: false, now: NOW };

function picture(change: Partial<Picture> = {}): Picture {
  return { report: sampleReport(), setbacks: [], pulse: STILL, ...change };
}

describe('progress on a terminal', () => {
  it('has a line for each phase, with a bar and the time that is left', () => {
    assert.deepEqual(drawRun(picture(), CANVAS), [
      '✓ setup    0.4 s  12 edges in 2 files',
      '✓ plan     20 s',
      '▶ promote  40 s  █████░░░░░░░░░░░░░░░ 10/40  ETA 2 min 0 s',
      '· sign',
    ]);
  });

  it('counts edges where they are known, those of shards under way as well', () => {
    const plan = { digest: '', shards: 2, edges: 100, verdicts: {}, hosts: [] };
    const report = sampleReport({ plan, copied: { ...sampleReport().copied, edges: 40, present: 5 } });
    assert.match(drawRun(picture({ report, pulse: PULSE }), CANVAS)[2] ?? '', / 75\/100 {2}ETA 13 s$/);
  });

  it('says how fast hosts are asked, and which of them throttle', () => {
    const drawn = drawRun(picture({ pulse: PULSE }), CANVAS);
    assert.equal(drawn[4], '  requests/s  mirror.example 83 (3 × 429) · staging.example 4.0');
  });

  it('remembers what went wrong last', () => {
    const written = stream();
    const progress = showOnTerminal({ ...written, columns: 80, isTTY: true }, false);
    try {
      progress.show(sampleReport(), [SETBACK], STILL);
      assert.match(written.text, /^! promoteShard: attempt 2 of 8, since mirror\.example: 503 x+…$/m);
      const before = written.text.length;
      progress.show(sampleReport(), [], STILL);
      assert.match(written.text.slice(before), /^ {2}last problem: promoteShard: attempt 2 of 8/m);
    } finally {
      progress.close();
    }
  });

  for (const columns of [20, 80, 200]) {
    it(`never wraps at ${columns} columns, whatever the letters`, () => {
      const text = fc.array(
        fc.constantFrom('words ', '東京', '🚢', '\n', '\r', '\t', '\u001B[2J', '\u001B]0;x\u0007', '\u0008', 'é'),
        { maxLength: 80 },
      );
      fc.assert(
        fc.property(text, (parts) => {
          const note = parts.join('');
          const phases = sampleReport().phases.map((row) => ({ ...row, note }));
          const setbacks = [{ ...SETBACK, message: note }];
          const pulse = { ...PULSE, rates: [{ host: note, perSecond: 1, throttled: 0 }] };
          const drawn = drawRun(
            { report: sampleReport({ phases }), setbacks, pulse },
            { columns, colours: false, now: NOW },
          );
          assert.equal(drawn.length, 6);
          for (const line of drawn) {
            assert.ok(stringWidth(line) < columns, line);
            assert.doesNotMatch(line, /\p{Cc}/u);
          }
        }),
      );
    });
  }

  it('has no colours where they are not wanted', () => {
    const text = (colours: boolean): string =>
      drawRun(picture({ setbacks: [SETBACK] }), { ...CANVAS, colours }).join('\n');
    assert.equal(text(false), stripVTControlCharacters(text(true)));
    assert.notEqual(text(false), text(true));
  });

  it('is drawn over itself, and notes stay above it', () => {
    const written = stream();
    const progress = showOnTerminal({ ...written, columns: 80 }, false);
    try {
      progress.show(sampleReport(), [], STILL);
      const first = written.text.length;
      progress.note('the server is back');
      assert.ok(written.text.slice(first).startsWith('\u001B[4A\u001B[Jthe server is back\n✓ setup'));
    } finally {
      progress.close();
    }
  });

  it('takes all of it back where the terminal has become narrower', () => {
    const written = stream();
    const terminal = { ...written, columns: 80 };
    const progress = showOnTerminal(terminal, false);
    try {
      progress.show(sampleReport(), [], STILL);
      const lines = written.text.trimEnd().split('\n');
      const height = lines.reduce((sum, line) => sum + Math.ceil(stringWidth(line) / 30), 0);
      assert.ok(height > lines.length);
      terminal.columns = 30;
      progress.note('');
      assert.ok(written.text.includes(`\u001B[${height}A\u001B[J`), JSON.stringify(written.text));
    } finally {
      progress.close();
    }
  });

  it('is never higher than the terminal', () => {
    const written = stream();
    const progress = showOnTerminal({ ...written, columns: 80, rows: 3 }, false);
    progress.show(sampleReport(), [SETBACK], PULSE);
    progress.close();
    assert.equal(written.text.split('\n').length, 3);
  });
});
