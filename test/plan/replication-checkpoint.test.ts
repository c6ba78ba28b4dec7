import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { openFolderStore } from '../../src/plan/folder-store.ts';
import { PromoterError } from '../../src/errors.ts';
import type { Digest } from '../../src/reference.ts';
import { behind, equalAt, metAt } from '../../src/plan/replication-pairs.ts';
import {
  chooseAudits,
  oldestPair,
  readCheckpoint,
  writeCheckpoint,
  type Checkpoint,
} from '../../src/plan/replication-checkpoint.ts';
import type { RepositoryName } from '../../src/reference.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function checkpoint(source: string, ages: readonly number[], attached = true): Checkpoint {
  const pairs = ages.map((checkedAt, at) => ({
    mirror: `m${String(at).padStart(2, '0')}.test/${source}` as RepositoryName,
    hash: 'same',
    checkedAt,
    verified: true,
  }));
  return { source: `a.test/${source}` as RepositoryName, attached, pairs };
}

describe('replication checkpoint', () => {
  it('comes back as it was written, and is nothing once it is lost or damaged', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'checkpoint-'));
    try {
      const folder = await openFolderStore(directory);
      const pointed: string[] = [];
      const store = {
        ...folder,
        point: (name: string, digest: Digest) => {
          pointed.push(name);
          return folder.point(name, digest);
        },
      };
      const written = checkpoint('app', [1, 2]);
      assert.equal(await readCheckpoint(store, written.source), undefined);
      await writeCheckpoint(store, written);
      assert.deepEqual(await readCheckpoint(store, written.source), written);
      await writeCheckpoint(store, written);
      assert.equal(pointed.length, 1, 'what has not changed is not pointed to again');
      const unavailable = new PromoterError('StoreUnavailable', 'the disk is gone');
      const broken = { ...store, get: () => Promise.reject(unavailable) };
      await assert.rejects(readCheckpoint(broken, written.source), unavailable);
      const [name = ''] = await store.names('replication/');
      const digest = (await store.lookup(name)) ?? '';
      const hex = digest.slice('sha256:'.length);
      await writeFile(join(directory, 'content', hex.slice(0, 2), hex), 'damaged');
      assert.equal(await readCheckpoint(store, written.source), undefined);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('remembers since when a mirror is behind, until it is equal', () => {
    const mirror = 'm.test/app' as RepositoryName;
    const down = behind(mirror, { mirror, hash: 'old', checkedAt: 1, verified: true }, 5);
    assert.deepEqual(down, { mirror, checkedAt: 1, verified: true, behindSince: 5 });
    assert.deepEqual(behind(mirror, down, 9), down);
    const equal = equalAt(mirror, down, { hash: 'new', compared: true, read: false, accepted: {}, now: 12 });
    assert.deepEqual(equal, { mirror, hash: 'new', checkedAt: 12, verified: true });
    const read = equalAt(mirror, equal, { hash: 'new', compared: true, read: true, accepted: {}, now: 15 });
    assert.equal(read.readAt, 15);
    assert.equal(
      equalAt(mirror, read, { hash: 'newer', compared: true, read: false, accepted: {}, now: 20 }).readAt,
      15,
    );
  });
});

describe('replication pairs', () => {
  const mirror = 'm.test/app' as RepositoryName;
  const found = { hash: 'new', compared: false, read: false, accepted: {}, now: 7 } as const;
  const [a, b] = ['a', 'b'].map((hex) => `sha256:${hex.repeat(64)}` as Digest);
  assert.ok(a !== undefined && b !== undefined);

  it('count as never compared from when they are met', () => {
    assert.deepEqual(metAt(mirror, 5), { mirror, checkedAt: 5, verified: false });
    assert.deepEqual(behind(mirror, undefined, 5), { mirror, checkedAt: 5, verified: false, behindSince: 5 });
    assert.deepEqual(equalAt(mirror, undefined, found), { mirror, hash: 'new', checkedAt: 7, verified: false });
  });

  it('keep when they were last compared where names alone were seen, and what differs and may', () => {
    const before = { mirror, checkedAt: 1, verified: true, accepted: { one: [a, b] } } as const;
    const accepted = { two: [b, a] } as const;
    assert.deepEqual(equalAt(mirror, before, { ...found, accepted }), {
      mirror,
      hash: 'new',
      checkedAt: 1,
      verified: true,
      accepted: { one: [a, b], two: [b, a] },
    });
  });
});

describe('audits', () => {
  it('take an equal share of all pairs each run, the longest unseen first', () => {
    const sources = Array.from({ length: 60 }, (_, at) =>
      checkpoint(
        `app-${at}`,
        Array.from({ length: 20 }, () => 0),
      ),
    );
    const plan = { now: 30 * MINUTE, interval: DAY, every: 30 * MINUTE };
    assert.equal(chooseAudits(sources, plan).length, 25);
  });

  it('read back what was not read for so long that the interval ends before the next sweep', () => {
    const [first, second, third] = checkpoint('app', [0, 0, 0]).pairs;
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    const pairs = [first, { ...second, readAt: 10 * MINUTE }, { ...third, readAt: 31 * MINUTE }];
    const plan = { now: DAY - 20 * MINUTE, interval: DAY, every: 30 * MINUTE };
    const audits = chooseAudits([{ source: 'a.test/app' as RepositoryName, attached: true, pairs }], plan);
    assert.deepEqual(
      audits.map(({ read }) => read),
      [true, true, false],
    );
  });

  it('take pairs of the same age in the order of their names, whatever the order of the sources', () => {
    const sources = [checkpoint('b', [0, 5]), checkpoint('c', [0]), checkpoint('a', [9, 0])];
    const plan = { now: MINUTE, interval: DAY, every: DAY };
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
    }
  });

  it('leave out sources that have nothing attached', () => {
    const bare = checkpoint('bare', [0, 0], false);
    assert.deepEqual(chooseAudits([bare], { now: DAY, interval: DAY, every: MINUTE }), []);
    assert.equal(oldestPair([bare]), undefined);
  });

  it('look at every pair at least once per interval, whatever runs there were and however they were spread', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 60 }),
        fc.array(fc.integer({ min: 0, max: 3 * DAY }), { minLength: 1, maxLength: 20 }),
        (sources, everyMinutes, starts) => {
          const every = everyMinutes * MINUTE;
          let state = Array.from({ length: sources }, (_, at) => checkpoint(`app-${at}`, starts));
          let now = 3 * DAY;
          const oldest: number[] = [];
          for (let run = 0; run * every < 2 * DAY; run++) {
            const chosen = new Set(
              chooseAudits(state, { now, interval: DAY, every }).map((pair) => pair.source + pair.mirror),
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
});
