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

interface ClaimedPort {
  readonly port: number;
  readonly release: () => Promise<void>;
}

/**
 * Starts a server on the port that is wanted if it is free, else on any other one, and keeps other stacks of this machine
 * from choosing that port until the server has started. Without the claim, two stacks that start at the same moment would
 * both find the port free, and one would take the other's server for its own.
 *
 * @throws PromoterError `StackFailed` when a hundred ports in a row were taken, and whatever `start` throws
 */
export async function onFreePort<Server>(
  wanted: number | undefined,
  start: (port: number) => Promise<Server>,
): Promise<Server> {
  const { port, release } = await claimPort(wanted);
  try {
    return await start(port);
  } finally {
    await release();
  }
}

/** A port of 127.0.0.1 that nobody listens on, picked at random: for a program that starts at once. */
export function freePort(): Promise<number> {
  return onFreePort(undefined, async (port) => port);
}

async function claimPort(wanted: number | undefined): Promise<ClaimedPort> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = attempt === 0 && wanted !== undefined ? wanted : randomInt(LOWEST, HIGHEST);
    const claim = await tryLock(join(tmpdir(), 'image-promoter-ports', String(port)), 'listening');
    if (!('release' in claim)) continue;
    if (await isFree(port)) return { port, release: claim.release };
    await claim.release();
  }
  throw new PromoterError('StackFailed', `no free port found between ${LOWEST} and ${HIGHEST} on 127.0.0.1`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
