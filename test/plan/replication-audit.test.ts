import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readingAfter, turnsOf } from '../../src/plan/content-reading.ts';
import { chooseAudits, oldestPair, oldestReading, type Audit } from '../../src/plan/replication-audit.ts';
import type { Checkpoint } from '../../src/plan/replication-checkpoint.ts';
import type { Digest, RepositoryName } from '../../src/reference.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const PLAN = { now: 30 * MINUTE, interval: DAY, readBackInterval: 30 * DAY, every: 30 * MINUTE };

function checkpoint(source: string, ages: readonly number[], attached = true): Checkpoint {
  const pairs = ages.map((checkedAt, at) => ({
    mirror: `m${String(at).padStart(2, '0')}.test/${source}` as RepositoryName,
    hash: 'same',
    checkedAt,
    verified: true,
  }));
  return { source: `a.test/${source}` as RepositoryName, attached, pairs };
}

function attachments(count: number): readonly { readonly digest: Digest }[] {
  return Array.from({ length: count }, (_, at) => ({ digest: `sha256:${String(at).padStart(64, '0')}` as Digest }));
}

describe('audits', () => {
  it('take an equal share of all pairs each run, the longest unseen first', () => {
    const sources = Array.from({ length: 60 }, (_, at) =>
      checkpoint(
        `app-${at}`,
        Array.from({ length: 20 }, () => 0),
      ),
    );
    assert.equal(chooseAudits(sources, PLAN).length, 25);
  });

  it('read back an equal share of what the mirrors hold, the longest unread first', () => {
    const [one, two, three] = checkpoint('app', [0, 0, 0]).pairs;
    assert.ok(one !== undefined && two !== undefined && three !== undefined);
    const reading = { finishedAt: 0, whole: true, held: 20 };
    const pairs = [
      { ...one, reading: { ...reading, finishedAt: 7 } },
      { ...two, reading: { ...reading, place: { after: 'x', left: 3 } } },
      { ...three, reading: { ...reading, finishedAt: 5 } },
    ];
    const source = 'a.test/app' as RepositoryName;
    const plan = { now: DAY, interval: DAY, readBackInterval: 6 * DAY, every: 30 * MINUTE };
    const reads = (audits: readonly Audit[]): unknown => audits.map(({ mirror, reads: count }) => [mirror, count]);
    const all = chooseAudits([{ source, attached: true, pairs }], plan);
    assert.deepEqual(reads(all), [
      ['m00.test/app', 0],
      ['m01.test/app', 3],
      ['m02.test/app', 7],
    ]);
    const often = chooseAudits([{ source, attached: true, pairs }], { ...plan, readBackInterval: MINUTE });
    assert.deepEqual(reads(often), [
      ['m00.test/app', 20],
      ['m01.test/app', 3],
      ['m02.test/app', 20],
    ]);
  });

  it('read back in one run of each interval, and in the others look at no pair more', () => {
    const ages = Array.from({ length: 20 }, () => 0);
    const sources = Array.from({ length: 60 }, (_, at) => {
      const { source, attached, pairs } = checkpoint(`app-${at}`, ages);
      const reading = { finishedAt: 0, whole: true, held: 14 };
      return { source, attached, pairs: pairs.map((pair) => ({ ...pair, checkedAt: DAY, reading })) };
    });
    const runs = Array.from({ length: 48 }, (_, run) =>
      chooseAudits(sources, { ...PLAN, now: DAY + 7 * MINUTE + run * PLAN.every }),
    );
    const reads = runs.map((audits) => audits.reduce((sum, audit) => sum + audit.reads, 0));
    assert.deepEqual(reads, [Math.ceil((60 * 20 * 14) / 30), ...Array.from({ length: 47 }, () => 0)]);
    assert.deepEqual(
      runs.slice(1, -1).map((audits) => audits.length),
      Array.from({ length: 46 }, () => 25),
    );
  });

  it('read nothing where no account was kept of what there is', () => {
    const chosen = chooseAudits([checkpoint('app', [0])], PLAN);
    assert.deepEqual(chosen, [{ source: 'a.test/app', mirror: 'm00.test/app', reads: 0 }]);
    assert.deepEqual(oldestReading([checkpoint('app', [3, 2])]), {
      source: 'a.test/app',
      mirror: 'm01.test/app',
      finishedAt: 2,
      whole: false,
    });
  });

  it('take pairs of the same age in the order of their names, whatever the order of the sources', () => {
    const sources = [checkpoint('b', [0, 5]), checkpoint('c', [0]), checkpoint('a', [9, 0])];
    const plan = { ...PLAN, every: DAY };
    for (const order of [sources, sources.toReversed()]) {
      assert.deepEqual(
        chooseAudits(order, plan).map(({ source, mirror }) => `${source} ${mirror}`),
        [
          'a.test/a m01.test/a',
          'a.test/b m00.test/b',
          'a.test/c m00.test/c',
          'a.test/b m01.test/b',
          'a.test/a m00.test/a',
        ],
      );
      assert.equal(oldestPair(order)?.mirror, 'm01.test/a');
      assert.equal(oldestReading(order)?.mirror, 'm01.test/a');
    }
  });

  it('leave out sources that have nothing attached', () => {
    const bare = checkpoint('bare', [0, 0], false);
    assert.deepEqual(chooseAudits([bare], PLAN), []);
    assert.equal(oldestPair([bare]), undefined);
    assert.equal(oldestReading([bare]), undefined);
  });

  it('look at every pair at least once per interval, whatever runs there were and however they were spread', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 10, max: 60 }),
        fc.array(fc.integer({ min: 0, max: 3 * DAY }), { minLength: 1, maxLength: 20 }),
        (sources, everyMinutes, starts) => {
          const every = everyMinutes * MINUTE;
          let state = Array.from({ length: sources }, (_, at) => checkpoint(`app-${at}`, starts));
          let now = 3 * DAY;
          const oldest: number[] = [];
          for (let run = 0; run * every < 2 * DAY; run++) {
            const chosen = new Set(
              chooseAudits(state, { ...PLAN, now, every }).map((pair) => pair.source + pair.mirror),
            );
            state = state.map((one) => ({
              ...one,
              pairs: one.pairs.map((pair) =>
                chosen.has(one.source + pair.mirror) ? { ...pair, checkedAt: now } : pair,
              ),
            }));
            oldest.push(now + every - (oldestPair(state)?.checkedAt ?? now));
            now += every;
          }
          assert.ok(oldest.every((age) => age <= DAY));
        },
      ),
      { numRuns: 20 },
    );
  });

  it('read back everything within their interval, by so many attachments in each run and no more', () => {
    const held = [3, 14, 40, 1, 25, 7];
    const bound = Math.ceil((held.reduce((sum, count) => sum + count, 0) * 2) / 30);
    let sources = held.map((count, at) => {
      const { source, pairs } = checkpoint(`app-${at}`, [0, 0]);
      const reading = { finishedAt: 0, whole: true, held: count };
      return { source, attached: true, pairs: pairs.map((pair) => ({ ...pair, reading })) };
    });
    const every = DAY;
    for (let now = DAY; now <= 31 * DAY; now += every) {
      const audits = chooseAudits(sources, { ...PLAN, now, every });
      const reads = new Map(audits.map((audit) => [audit.mirror, audit.reads]));
      assert.ok(audits.reduce((sum, audit) => sum + audit.reads, 0) <= bound);
      sources = sources.map((one, at) => ({
        ...one,
        pairs: one.pairs.map((pair) => {
          const present = attachments(held[at] ?? 0);
          const read = turnsOf(pair.reading, present, reads.get(pair.mirror) ?? 0);
          const visit = { present, read, damaged: [], held: present.length, complete: true, now };
          return { ...pair, checkedAt: now, reading: readingAfter(pair.reading, visit) };
        }),
      }));
    }
    const oldest = oldestReading(sources);
    assert.ok((oldest?.finishedAt ?? 0) > 0, 'each has been read back');
  });
});
