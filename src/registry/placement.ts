import { LRUCache } from 'lru-cache';
import { PromoterError, isTransient, messageOf } from '../errors.ts';
import { hostOf } from '../reference.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import { waitFor } from './copy-allowance.ts';

/**
 * Where on each host this process knows a blob or a manifest to be. Knowledge only saves requests: what turns out wrong is
 * forgotten and asked for (shared rules of mounting: distribution specification 1.1, "Mounting a blob from another
 * repository").
 */
export interface Placement {
  /** Notes that a repository holds something, after it was seen there. */
  note(repository: RepositoryName, digest: Digest): void;
  holds(repository: RepositoryName, digest: Digest): boolean;
  forget(repository: RepositoryName, digests: Iterable<Digest>): void;
  /**
   * Brings a blob into a repository unless it is known to be there; `undefined` when there was nothing to do.
   *
   * On one host only one repository receives the bytes at a time, and the others wait for it, to mount from there.
   * `bring` is told the repository to mount from, if there is one.
   */
  bringBlob<T>(
    repository: RepositoryName,
    digest: Digest,
    bring: (from: RepositoryName | undefined) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T | undefined>;
  /** The same for a manifest, which cannot be mounted. */
  bringManifest<T>(
    repository: RepositoryName,
    digest: Digest,
    bring: () => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T | undefined>;
}

/** Repositories of one host that hold a digest: mostly one, and a set would take ten times its room. */
type Holders = RepositoryName | Set<RepositoryName>;

/** A digest's way into repositories of one host, while it is under way. */
type Arrivals = Map<RepositoryName, Promise<unknown>>;

/** Some two hundred bytes each; a promotion of tens of thousands of images stays within. */
const REMEMBERED_SITES = 250_000;

/** Makes an empty map. */
export function createPlacement(): Placement {
  // Both by host and digest.
  const holders = new LRUCache<string, Holders>({ max: REMEMBERED_SITES });
  const arrivals = new Map<string, Arrivals>();

  function note(repository: RepositoryName, digest: Digest): void {
    const site = siteOf(repository, digest);
    const known = holders.get(site);
    if (known === undefined) holders.set(site, repository);
    else if (typeof known !== 'string') known.add(repository);
    else if (known !== repository) holders.set(site, new Set([known, repository]));
  }

  function holds(repository: RepositoryName, digest: Digest): boolean {
    const known = holders.get(siteOf(repository, digest));
    return known === repository || (known instanceof Set && known.has(repository));
  }

  function forget(repository: RepositoryName, digest: Digest): void {
    const site = siteOf(repository, digest);
    const known = holders.get(site);
    if (known instanceof Set) known.delete(repository);
    else if (known === repository) holders.delete(site);
  }

  async function arrive<T>(
    repository: RepositoryName,
    digest: Digest,
    bring: (from: RepositoryName | undefined) => Promise<T>,
    from: RepositoryName | undefined,
  ): Promise<T> {
    const site = siteOf(repository, digest);
    const underWay: Arrivals = arrivals.get(site) ?? new Map();
    arrivals.set(site, underWay);
    const arrival = bring(from);
    underWay.set(repository, arrival);
    try {
      const result = await arrival;
      note(repository, digest);
      return result;
    } finally {
      underWay.delete(repository);
      if (underWay.size === 0) arrivals.delete(site);
    }
  }

  async function bringTo<T>(
    repository: RepositoryName,
    digest: Digest,
    bring: (from: RepositoryName | undefined) => Promise<T>,
    canMount: boolean,
    signal: AbortSignal | undefined,
  ): Promise<T | undefined> {
    const site = siteOf(repository, digest);
    for (;;) {
      signal?.throwIfAborted();
      if (holds(repository, digest)) return undefined;
      const from = canMount ? firstHolder(holders.get(site)) : undefined;
      const underWay = arrivals.get(site);
      const awaited =
        canMount && from === undefined ? firstArrival(underWay, repository) : ownArrival(underWay, repository);
      if (awaited === undefined) return arrive(repository, digest, bring, from);
      await waitForArrival(awaited, repository, digest, signal);
    }
  }

  return {
    note,
    holds,
    forget(repository, digests) {
      for (const digest of digests) forget(repository, digest);
    },
    bringBlob: (repository, digest, bring, signal) => bringTo(repository, digest, bring, true, signal),
    bringManifest: (repository, digest, bring, signal) => bringTo(repository, digest, bring, false, signal),
  };
}

function siteOf(repository: RepositoryName, digest: Digest): string {
  return `${hostOf(repository)} ${digest}`;
}

function firstHolder(holders: Holders | undefined): RepositoryName | undefined {
  if (typeof holders === 'string' || holders === undefined) return holders;
  const [holder] = holders;
  return holder;
}

interface Arrival {
  readonly repository: RepositoryName;
  readonly promise: Promise<unknown>;
}

function ownArrival(underWay: Arrivals | undefined, repository: RepositoryName): Arrival | undefined {
  const promise = underWay?.get(repository);
  return promise === undefined ? undefined : { repository, promise };
}

function firstArrival(underWay: Arrivals | undefined, repository: RepositoryName): Arrival | undefined {
  const own = ownArrival(underWay, repository);
  if (own !== undefined) return own;
  const [other] = underWay ?? [];
  return other === undefined ? undefined : { repository: other[0], promise: other[1] };
}

/**
 * Waits until an arrival is over. If it failed for a reason that is the host's or the source's, trying the same for each
 * that waits, one after another, would only fail slowly: they fail with it. Otherwise the caller's turn has come.
 */
async function waitForArrival(
  { repository, promise }: Arrival,
  waiting: RepositoryName,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await waitFor(promise, signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof PromoterError) || !isSharedFailure(error)) return;
    if (repository === waiting) throw error;
    throw new PromoterError(
      error.code,
      `${waiting} waited to mount ${digest} from ${repository}, where it did not arrive: ${messageOf(error)}`,
      { cause: error, ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }) },
    );
  }
}

function isSharedFailure(error: PromoterError): boolean {
  return isTransient(error.code) || error.code === 'DigestMismatch';
}
