import assert from 'node:assert/strict';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileLock, type LockHolder, tryLock, waitForLock } from '../../src/stack/file-lock.ts';

describe('a file lock', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lock-test-'));
    file = join(folder, 'lock');
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('tells others who holds it, until it is released', async () => {
    const lock = await locked('building');
    const holder = await tryLock(file, 'waiting');
    assert.deepEqual(pick(holder), { pid: process.pid, purpose: 'building' });
    await lock.release();
    await (await locked('again')).release();
  });

  it('leaves nothing behind', async () => {
    const lock = await locked('building');
    await tryLock(file, 'waiting');
    await lock.release();
    assert.deepEqual(await readdir(folder), []);
  });

  it('is taken from a process that is gone', async () => {
    await writeFile(file, JSON.stringify({ pid: await endedPid(), purpose: 'dying' }));
    await (await locked('next')).release();
  });

  it('is taken from a process whose number another one has by now', async function () {
    if (process.platform !== 'linux') this.skip();
    await writeFile(file, JSON.stringify({ pid: process.pid, started: '1', purpose: 'before the restart' }));
    await (await locked('next')).release();
  });

  it('goes to exactly one of many who find a dead one at the same time', async () => {
    await writeFile(file, JSON.stringify({ pid: await endedPid(), purpose: 'dying' }));
    const outcomes = await Promise.all(Array.from({ length: 30 }, (_, number) => tryLock(file, String(number))));
    assert.equal(outcomes.filter((outcome) => 'release' in outcome).length, 1);
  });

  it('is waited for, and the waiting are told for whom, once', async () => {
    const lock = await locked('building');
    const told: string[] = [];
    const waiting = waitForLock(file, 'next', ({ purpose }) => {
      told.push(purpose);
      void lock.release();
    });
    await (await waiting).release();
    assert.deepEqual(told, ['building']);
  });

  async function locked(purpose: string): Promise<FileLock> {
    const outcome = await tryLock(file, purpose);
    assert.ok('release' in outcome, 'the lock is held');
    return outcome;
  }
});

function pick(outcome: FileLock | LockHolder): object {
  assert.ok('pid' in outcome);
  return { pid: outcome.pid, purpose: outcome.purpose };
}

async function endedPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid as number;
}
