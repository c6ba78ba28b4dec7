import assert from 'node:assert/strict';
import type { RepositoryName } from '../../src/reference.ts';
import { renderReplication } from '../../src/workflows/replication-details.ts';
import type { ReplicationReport, ReplicationTally } from '../../src/workflows/replication-messages.ts';
import { addTally, BLANK_TALLY, outcomeOf } from '../../src/workflows/replication-report.ts';

const SOURCE = 'a.test/prod/app' as RepositoryName;
const MIRROR = 'b.test/prod/app' as RepositoryName;

function tally(change: Partial<ReplicationTally>): ReplicationTally {
  return { ...BLANK_TALLY, ...change };
}

describe('replication report', () => {
  it('adds up shards, keeps the first samples and the oldest pair', () => {
    const failed = { source: SOURCE, mirror: MIRROR, reason: 'RegistryDenied', message: '403' };
    const many = Array.from({ length: 15 }, () => failed);
    const sum = addTally(
      tally({
        residue: { count: 15, samples: many },
        oldest: { source: SOURCE, mirror: MIRROR, checkedAt: 5, verified: true },
        caughtUp: [{ host: 'b.test', repositories: 2, since: 7 }],
      }),
      tally({
        residue: { count: 30, samples: many },
        oldest: { source: SOURCE, mirror: MIRROR, checkedAt: 3, verified: false },
        caughtUp: [{ host: 'b.test', repositories: 1, since: 6 }],
      }),
    );
    assert.equal(sum.residue.count, 45);
    assert.equal(sum.residue.samples.length, 20);
    assert.equal(sum.oldest?.checkedAt, 3);
    assert.deepEqual(sum.caughtUp, [{ host: 'b.test', repositories: 3, since: 6 }]);
    assert.equal(outcomeOf(sum, true), 'residue');
    assert.equal(outcomeOf(tally({}), true), 'done');
    assert.equal(outcomeOf(tally({}), false), 'dry-run');
  });

  it('shows in its details how far it is, how long it takes, and what could not be done', () => {
    const report: ReplicationReport = {
      ...tally({
        residue: { count: 1, samples: [{ source: SOURCE, mirror: MIRROR, reason: 'X', message: 'b.test is down' }] },
        oldest: { source: SOURCE, mirror: MIRROR, checkedAt: 0, verified: true },
      }),
      outcome: 'running',
      sources: { done: 15, total: 60 },
      pairs: 1_200,
      startedAt: 1_000,
      warnings: [],
    };
    const text = renderReplication(report, 11_000);
    assert.match(text, /15\/60 source repositories after 10 s, about 30 s to go/);
    assert.match(text, /1 could not be done\*\*\n- b\.test is down/);
    assert.match(text, /Compared longest ago: b\.test\/prod\/app, 1970-01-01T00:00:00Z/);
    const samples = Array.from({ length: 20 }, () => ({ source: SOURCE, reason: 'X', message: 'x'.repeat(2_000) }));
    const long = { ...report, residue: { count: 99, samples } };
    assert.ok(renderReplication(long, 11_000).length <= 3_500);
  });
});
