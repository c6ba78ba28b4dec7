import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSigstore } from '../../../src/stack/sigstore/sigstore.ts';
import { startArena, type Arena } from './arena.ts';

/** Arenas in which trials go on side by side: what is killed in one is alive in the others. */
export interface Arenas {
  readonly all: readonly Arena[];
  stop(): Promise<void>;
}

/** Starts so many, which share Sigstore: nobody kills that, and it is most of what an arena takes. */
export async function startArenas(count: number): Promise<Arenas> {
  const directory = await mkdtemp(join(tmpdir(), 'chaos-sigstore-'));
  const sigstore = await startSigstore({ profile: 'full', directory });
  const all: Arena[] = [];
  for (let at = 0; at < count; at++) all.push(await startArena(sigstore));
  return {
    all,
    async stop() {
      await Promise.all(all.map((arena) => arena.stop()));
      await sigstore.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
