import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFolderStore } from '../../src/plan/folder-store.ts';
import { PromoterError } from '../../src/errors.ts';
import { compared, metAt, unreachable, type Comparison } from '../../src/plan/replication-pairs.ts';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from '../../src/plan/replication-checkpoint.ts';
import type { Digest, RepositoryName } from '../../src/reference.ts';

const WRITTEN: Checkpoint = {
  source: 'a.test/app' as RepositoryName,
  attached: true,
  pairs: [{ mirror: 'm.test/app' as RepositoryName, hash: 'same', checkedAt: 1, verified: true }],
};

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
      assert.equal(await readCheckpoint(store, WRITTEN.source), undefined);
      await writeCheckpoint(store, WRITTEN);
      assert.deepEqual(await readCheckpoint(store, WRITTEN.source), WRITTEN);
      await writeCheckpoint(store, WRITTEN);
      assert.equal(pointed.length, 1, 'what has not changed is not pointed to again');
      const unavailable = new PromoterError('StoreUnavailable', 'the disk is gone');
      const broken = { ...store, get: () => Promise.reject(unavailable) };
      await assert.rejects(readCheckpoint(broken, WRITTEN.source), unavailable);
      const [name = ''] = await store.names('replication/');
      const digest = (await store.lookup(name)) ?? '';
      const hex = digest.slice('sha256:'.length);
      await writeFile(join(directory, 'content', hex.slice(0, 2), hex), 'damaged');
      assert.equal(await readCheckpoint(store, WRITTEN.source), undefined);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('remembers since when a mirror is behind, until it is equal', () => {
    const mirror = 'm.test/app' as RepositoryName;
    const nothing: Comparison = {
      compared: true,
      accepted: {},
      content: { present: [], read: [], damaged: [], held: 0 },
    };
    const down = unreachable(mirror, { mirror, hash: 'old', checkedAt: 1, verified: true }, 5);
    assert.deepEqual(down, { mirror, checkedAt: 1, verified: true, behindSince: 5 });
    assert.deepEqual(unreachable(mirror, down, 9), down);
    const lacking = compared(mirror, down, nothing, 11);
    assert.deepEqual([lacking.hash, lacking.checkedAt, lacking.behindSince], [undefined, 11, 5]);
    const equal = compared(mirror, lacking, { ...nothing, hash: 'new' }, 12);
    assert.deepEqual([equal.hash, equal.checkedAt, equal.behindSince], ['new', 12, undefined]);
    const byName = compared(mirror, undefined, { ...nothing, hash: 'new', compared: false }, 13);
    assert.deepEqual([byName.hash, byName.checkedAt, byName.verified], ['new', 13, false]);
  });

  it('keeps what was found out about differences that may stay', () => {
    const mirror = 'm.test/app' as RepositoryName;
    const found = { compared: true, hash: 'h', content: { present: [], read: [], damaged: [], held: 0 } };
    const [A, B] = ['a', 'b'].map((letter) => `sha256:${letter.repeat(64)}` as Digest);
    assert.ok(A !== undefined && B !== undefined);
    const first = compared(mirror, undefined, { ...found, accepted: { one: [A, B] } }, 1);
    const second = compared(mirror, first, { ...found, accepted: { two: [B, A] } }, 2);
    assert.deepEqual(second.accepted, { one: [A, B], two: [B, A] });
  });

  it('counts as never compared from when it was met, and as before where names alone were seen', () => {
    const mirror = 'm.test/app' as RepositoryName;
    const reading = { finishedAt: 5, whole: false, held: 0 };
    assert.deepEqual(metAt(mirror, 5), { mirror, checkedAt: 5, verified: false, reading });
    assert.deepEqual(unreachable(mirror, undefined, 5), {
      mirror,
      checkedAt: 5,
      verified: false,
      behindSince: 5,
      reading,
    });
    const before = { mirror, checkedAt: 1, verified: true, reading };
    const content = { present: [], read: [], damaged: [], held: 3 };
    assert.deepEqual(compared(mirror, before, { hash: 'new', compared: false, accepted: {}, content }, 7), {
      ...before,
      hash: 'new',
    });
  });
});
