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

/** What is known of one digest on one host. */
interface Site {
  readonly holders: Set<RepositoryName>;
  readonly arrivals: Map<RepositoryName, Promise<unknown>>;
}

/** Some hundred bytes each; a promotion of tens of thousands of images stays within. */
const REMEMBERED_SITES = 250_000;

/** Makes an empty map. */
export function createPlacement(): Placement {
  const sites = new LRUCache<string, Site>({ max: REMEMBERED_SITES });

  function siteOf(repository: RepositoryName, digest: Digest): Site {
    const key = `${hostOf(repository)} ${digest}`;
    const known = sites.get(key);
    if (known !== undefined) return known;
    const site: Site = { holders: new Set(), arrivals: new Map() };
    sites.set(key, site);
    return site;
  }

  async function arrive<T>(
    site: Site,
    repository: RepositoryName,
    bring: (from: RepositoryName | undefined) => Promise<T>,
    from: RepositoryName | undefined,
  ): Promise<T> {
    const arrival = bring(from);
    site.arrivals.set(repository, arrival);
    try {
      const result = await arrival;
      site.holders.add(repository);
      return result;
    } finally {
      site.arrivals.delete(repository);
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
      if (site.holders.has(repository)) return undefined;
      const from = canMount ? first(site.holders) : undefined;
      const awaited = canMount && from === undefined ? firstArrival(site, repository) : ownArrival(site, repository);
      if (awaited === undefined) return arrive(site, repository, bring, from);
      await waitForArrival(awaited, repository, digest, signal);
    }
  }

  return {
    note: (repository, digest) => void siteOf(repository, digest).holders.add(repository),
    holds: (repository, digest) => siteOf(repository, digest).holders.has(repository),
    forget(repository, digests) {
      for (const digest of digests) siteOf(repository, digest).holders.delete(repository);
    },
    bringBlob: (repository, digest, bring, signal) => bringTo(repository, digest, bring, true, signal),
    bringManifest: (repository, digest, bring, signal) => bringTo(repository, digest, bring, false, signal),
  };
}

interface Arrival {
  readonly repository: RepositoryName;
  readonly promise: Promise<unknown>;
}

function ownArrival(site: Site, repository: RepositoryName): Arrival | undefined {
  const promise = site.arrivals.get(repository);
  return promise === undefined ? undefined : { repository, promise };
}

function firstArrival(site: Site, repository: RepositoryName): Arrival | undefined {
  const own = ownArrival(site, repository);
  if (own !== undefined) return own;
  const [other] = site.arrivals;
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

function first<T>(set: ReadonlySet<T>): T | undefined {
  const [value] = set;
  return value;
}
