import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Who holds a lock: enough to tell a person, and to notice that the process is gone. */
export interface LockHolder {
  readonly pid: number;
  /** When the process started, in the kernel's clock; tells it from a later process of the same number. Linux only. */
  readonly started: string | undefined;
  /** What the holder is doing, for the message that others show. */
  readonly purpose: string;
}

export interface FileLock {
  readonly release: () => Promise<void>;
}

const POLL_MS = 250;

/**
 * Takes a lock that outlives neither its release nor its process: a file, linked into place whole, whose holder is looked
 * up when it is found taken. Returns the holder when that one is alive.
 */
export async function tryLock(file: string, purpose: string): Promise<FileLock | LockHolder> {
  await mkdir(dirname(file), { recursive: true });
  const own = `${file}.${randomUUID()}`;
  const holder: LockHolder = { pid: process.pid, started: await startOf(process.pid), purpose };
  await writeFile(own, JSON.stringify(holder), { mode: 0o600 });
  try {
    for (;;) {
      if (await linkInto(own, file)) return { release: () => rm(file, { force: true }) };
      const found = await readFile(file, 'utf8').catch(() => undefined);
      if (found === undefined) continue;
      const other = JSON.parse(found) as LockHolder;
      if (await isAlive(other)) return other;
      await removeStale(file, found);
    }
  } finally {
    await rm(own, { force: true });
  }
}

/** The same, waiting for as long as somebody else holds the lock; `onWait` is told once who that is. */
export async function waitForLock(
  file: string,
  purpose: string,
  onWait: (holder: LockHolder) => void,
): Promise<FileLock> {
  for (let told = false; ; told = true) {
    const outcome = await tryLock(file, purpose);
    if ('release' in outcome) return outcome;
    if (!told) onWait(outcome);
    await delay(POLL_MS);
  }
}

async function linkInto(own: string, file: string): Promise<boolean> {
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a dead holder's file. Whoever finds it may come late, when it has become that of a new holder; so only one
 * process at a time removes anything, and looks once more before.
 */
async function removeStale(file: string, expected: string): Promise<void> {
  const right = await tryLock(`${file}.stale`, 'removing a lock whose process is gone');
  if (!('release' in right)) return;
  try {
    if ((await readFile(file, 'utf8').catch(() => undefined)) === expected) await rm(file);
  } finally {
    await right.release();
  }
}

/** Whether this very process is still there, and not another one of its number. */
export async function isAlive({ pid, started }: Pick<LockHolder, 'pid' | 'started'>): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const now = await startOf(pid);
  return started === undefined || now === undefined || now === started;
}

/**
 * When a process started: field 22 of proc(5)'s `stat`, counted behind the command's name, which may itself contain
 * spaces. One that has ended and was not waited for yet counts as started at no time.
 */
export async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' ? 'ended' : fields?.[19];
}
