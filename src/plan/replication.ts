import type { Manifest } from '../manifest/manifest.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import { wishesOf } from './wish.ts';

/** Digests of one source repository that the same mirrors are to hold signed. */
export interface ReplicationShare {
  /** Empty where signatures are served from the source alone: there it is only checked that they exist, or verify. */
  readonly mirrors: readonly RepositoryName[];
  readonly digests: readonly Digest[];
}

/** The canonical production repository of an image, and what its mirrors are to have of it. */
export interface ReplicationTask {
  readonly source: RepositoryName;
  readonly shares: readonly ReplicationShare[];
}

/** How production repositories belong together. */
export interface ReplicationNaming {
  readonly identityOf: (repository: RepositoryName) => string;
  readonly canonicalOf: (repositories: readonly RepositoryName[]) => RepositoryName;
}

/**
 * Reads off manifests whose signatures belong where: one task per source repository, sorted.
 *
 * @param fallback what counts for manifests that say nothing of replication
 * @param alone whether repositories without any mirror have a task: there is nothing to copy, but there is to check
 */
export function replicationTasks(
  manifests: readonly Manifest[],
  { identityOf, canonicalOf }: ReplicationNaming,
  fallback: 'on' | 'off',
  alone = false,
): readonly ReplicationTask[] {
  const tasks = new Map<RepositoryName, Map<string, { mirrors: readonly RepositoryName[]; digests: Set<Digest> }>>();
  const { on = [], off = [] } = Object.groupBy(manifests, ({ replication }) => replication ?? fallback);
  for (const [mode, ones] of [
    ['on', on],
    ['off', off],
  ] as const) {
    for (const { destinations, digests } of wishesOf(ones)) {
      for (const repositories of Map.groupBy(destinations, identityOf).values()) {
        const source = canonicalOf(repositories);
        const mirrors = mode === 'off' ? [] : repositories.filter((repository) => repository !== source);
        if (mode === 'on' && mirrors.length === 0 && !alone) continue;
        const shares = tasks.get(source) ?? new Map<string, { mirrors: RepositoryName[]; digests: Set<Digest> }>();
        tasks.set(source, shares);
        const key = mirrors.join(' ');
        const share = shares.get(key) ?? { mirrors, digests: new Set<Digest>() };
        shares.set(key, share);
        for (const { digest } of digests) share.digests.add(digest);
      }
    }
  }
  return [...tasks]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([source, shares]) => ({
      source,
      shares: [...shares.values()].map(({ mirrors, digests }) => ({ mirrors, digests: [...digests].sort() })),
    }));
}

/** Every mirror of a task, sorted. */
export function mirrorsOf({ shares }: ReplicationTask): readonly RepositoryName[] {
  return [...new Set(shares.flatMap(({ mirrors }) => mirrors))].sort();
}

/** Every digest that the manifests promote to a task's source. */
export function digestsIn({ shares }: ReplicationTask): ReadonlySet<Digest> {
  return new Set(shares.flatMap(({ digests }) => digests));
}

/**
 * Which mirrors are to hold what is attached to a digest: those that the digest is promoted to, and all of them for what
 * no manifest names, such as the children of an index.
 */
export function mirrorsBySubject(task: ReplicationTask): (subject: Digest) => readonly RepositoryName[] {
  const all = mirrorsOf(task);
  const bySubject = new Map<Digest, ReadonlySet<RepositoryName>>();
  for (const { mirrors, digests } of task.shares) {
    for (const digest of digests) bySubject.set(digest, new Set([...(bySubject.get(digest) ?? []), ...mirrors]));
  }
  return (subject) => {
    const named = bySubject.get(subject);
    return named === undefined ? all : [...named];
  };
}
