import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PromoterError } from '../errors.ts';
import { tryLock } from './file-lock.ts';

// Below the ranges that systems take ports of outgoing connections from (RFC 6335: 49152; Linux: 32768), so that none of
// those can take a port between the moment it is found free and the moment a program listens on it.
const LOWEST = 20_000;
const HIGHEST = 32_000;
const TRIES = 100;

/** A port of 127.0.0.1 that no other stack of this machine will choose until it is released. */
export interface ClaimedPort {
  readonly port: number;
  release(): Promise<void>;
}

/**
 * Claims the port that is wanted if it is free, else any other one. Of two stacks that start at the same moment one gets
 * the port; without the claim both would find it free and one would talk to the other's server.
 *
 * @throws PromoterError `StackFailed` when a hundred ports in a row were taken
 */
export async function claimPort(wanted?: number): Promise<ClaimedPort> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = attempt === 0 && wanted !== undefined ? wanted : randomInt(LOWEST, HIGHEST);
    const claim = await tryLock(join(tmpdir(), 'image-promoter-ports', String(port)), 'listening');
    if (!('release' in claim)) continue;
    if (await isFree(port)) return { port, release: () => claim.release() };
    await claim.release();
  }
  throw new PromoterError('StackFailed', `no free port found between ${LOWEST} and ${HIGHEST} on 127.0.0.1`);
}

/** A port of 127.0.0.1 that nobody listens on, picked at random: for a program that starts at once. */
export async function freePort(): Promise<number> {
  const { port, release } = await claimPort();
  await release();
  return port;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
