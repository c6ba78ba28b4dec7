import assert from 'node:assert/strict';
import { BLANK_REPORT } from '../../src/workflows/board.ts';
import { renderDetails } from '../../src/workflows/details.ts';
import type { PhaseRow, PromotionReport } from '../../src/workflows/messages.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');

function details(change: Partial<PromotionReport>, now = NOW): string {
  return renderDetails({ ...BLANK_REPORT, ...change }, now);
}

function withPhase(row: PhaseRow): Partial<PromotionReport> {
  return { phases: BLANK_REPORT.phases.map((one) => (one.name === row.name ? row : one)) };
}

describe('what the UI shows of a run', () => {
  it('is a table of phases, with how long each took and how long the rest will take', () => {
    const text = details(
      withPhase({ name: 'promote', state: 'running', startedAt: NOW - 90_000, shards: { done: 10, total: 40 } }),
    );
    assert.match(text, /^\| phase \| state \| time \| shards \| left \| \|\n\|---/);
    assert.match(text, /\| ▶ promote \| running \| 1 min 30 s \| 10\/40 \| about 4 min 30 s \| {2}\|/);
    assert.match(text, /\| · sign \| pending \| {2}\| {2}\| {2}\| {2}\|/);
  });

  it('names the hosts that slow it down', () => {
    const text = details({ throttled: { 'prod.example': { answers: 12, at: NOW } } });
    assert.match(text, /Slowed down by: prod\.example \(429 12 times, last heard of at 2026-11-21 12:00:00 UTC\)/);
  });

  it('begins with why nothing happens, and what to send', () => {
    const hold = { phase: 'plan', reason: 'GET staging: 500', since: NOW } as const;
    assert.match(details({ hold }), /^\*\*HELD: plan failed\.\*\* GET staging: 500\n\n.*`retryPhase`/);
    const pause = { since: NOW, by: 'jane', reason: 'mirrors | move' };
    assert.match(
      details({ pause }),
      /^\*\*PAUSED\*\* since 2026-11-21 12:00:00 UTC by jane: mirrors \\\| move\n\n.*`resumePromotion`/,
    );
    const approval = { rule: 'required', since: NOW } as const;
    assert.match(details({ approval }), /^\*\*WAITING FOR APPROVAL\*\* .*\n\n.*`approve`/);
    const proof = { rule: 'signed-commit', since: NOW, missing: 'unsigned' } as const;
    assert.match(details({ approval: proof }), /a verified signature of its commit\. unsigned\./);
    const freeze = { since: NOW, until: NOW + 60_000, reason: 'weekend' };
    assert.match(details({ freeze }), /^\*\*FROZEN\*\* until 2026-11-21 12:01:00 UTC: weekend\n\n.*`overrideFreeze`/);
  });

  it('says who approved, who overrode a freeze, and what is kept back', () => {
    const given = { by: 'jane', at: NOW, proof: 'claimed', reason: 'tested' };
    assert.match(
      details({ approval: { rule: 'required', since: NOW, given } }),
      /Approved by jane \(claimed\): tested/,
    );
    assert.match(details({ freezeOverride: { reason: 'a CVE' } }), /Freezes are overridden: a CVE/);
    const orders = Array.from({ length: 7 }, (_, at) => ({ edge: `prod.example/app:v${at}`, since: NOW }));
    assert.match(details({ withheld: { list: 'sha256:a', orders } }), /- prod\.example\/app:v4\n- and 2 more$/m);
  });

  it('shows what registries and people say, and makes no markup of it', () => {
    const reason =
      'answered 500 <img src=x onerror=alert(1)> [log in](https://evil.example) ![x](y) |\n# \u001B[2J\u202E';
    const text = details({ hold: { phase: 'plan', reason, since: NOW } });
    const shown =
      'answered 500 &lt;img src=x onerror=alert(1)> \\[log in\\](https://evil.example) !\\[x\\](y) \\| # �\\[2J�';
    assert.ok(text.startsWith(`**HELD: plan failed.** ${shown}\n`), text);
  });

  it('stays short, whatever happens', () => {
    const sample = {
      source: 's',
      digest: 'd',
      destination: 'x',
      phase: 'promote',
      reason: 'r',
      message: 'm'.repeat(5_000),
    };
    const text = details({ quarantine: { edges: 9, samples: Array.from({ length: 9 }, () => sample) } });
    assert.ok(text.length <= 3_500);
  });
});
