import pMap from 'p-map';
import type { Digest, RepositoryName } from '../reference.ts';
import type { Registry } from '../registry/registry.ts';
import { linksOf } from './manifest-links.ts';
import type { Referrer, SignatureSet } from './signature-set.ts';

/**
 * What is known of the manifests in a repository. A digest's content never changes, so that what was read once need not
 * be read again.
 */
export interface ReferrerKnowledge {
  readonly referrers: readonly Referrer[];
  /** Have been read, or listed by an index that has been, and refer to nothing. */
  readonly others: readonly Digest[];
  /** Those of them that an index lists. */
  readonly children: readonly Digest[];
}

export const NO_KNOWLEDGE: ReferrerKnowledge = { referrers: [], others: [], children: [] };

const READS_AT_ONCE = 8;

/**
 * Finds out which of the manifests without a tag are referrers. Google's listings show them beside the children of
 * indexes, and do not tell them apart: each is read once in its life, or its index is where that costs less.
 *
 * @returns the same object when there was nothing to find out
 * @throws PromoterError the registry's errors
 */
export async function explainUntagged(
  registry: Pick<Registry, 'getManifest'>,
  repository: RepositoryName,
  set: SignatureSet,
  promoted: ReadonlySet<Digest>,
  known: ReferrerKnowledge = NO_KNOWLEDGE,
): Promise<ReferrerKnowledge> {
  const explained = new Set([...known.others, ...known.referrers.map(({ digest }) => digest)]);
  const unknown = [...set.untagged].filter((digest) => !promoted.has(digest) && !explained.has(digest));
  const gone = known.referrers.filter(({ digest }) => set.digests?.has(digest) !== true);
  if (unknown.length === 0 && gone.length === 0) return known;
  const indexes = [...promoted].filter((digest) => set.digests?.has(digest) === true && !explained.has(digest));
  const first = indexes.length < unknown.length ? indexes : [];
  const learnt = await learn(registry, repository, first, known);
  const children = new Set(learnt.children);
  const rest = unknown.filter((digest) => !children.has(digest));
  const { referrers, ...all } = await learn(registry, repository, rest, learnt);
  return { ...all, referrers: referrers.filter(({ digest }) => set.digests?.has(digest) === true) };
}

/** Reads what is promoted, so that the children of indexes are known. @throws PromoterError the registry's errors */
export async function learnChildren(
  registry: Pick<Registry, 'getManifest'>,
  repository: RepositoryName,
  promoted: ReadonlySet<Digest>,
  known: ReferrerKnowledge = NO_KNOWLEDGE,
): Promise<ReferrerKnowledge> {
  const read = new Set(known.others);
  const unread = [...promoted].filter((digest) => !read.has(digest));
  return unread.length === 0 ? known : learn(registry, repository, unread, known);
}

async function learn(
  registry: Pick<Registry, 'getManifest'>,
  repository: RepositoryName,
  digests: readonly Digest[],
  known: ReferrerKnowledge,
): Promise<ReferrerKnowledge> {
  const referrers: Referrer[] = [];
  const others: Digest[] = [];
  const children: Digest[] = [];
  await pMap(
    digests,
    async (digest) => {
      const content = await registry.getManifest(repository, digest);
      if (content === undefined) return;
      const { subject, manifests } = linksOf(content);
      if (subject === undefined) others.push(digest);
      else referrers.push({ digest, subject });
      children.push(...manifests);
    },
    { concurrency: READS_AT_ONCE },
  );
  const isKnown = new Set([...known.referrers, ...referrers].map(({ digest }) => digest));
  const childSet = new Set([...known.children, ...children.filter((child) => !isKnown.has(child))]);
  return {
    referrers: [...known.referrers, ...referrers].sort((a, b) => (a.digest < b.digest ? -1 : 1)),
    others: [...new Set([...known.others, ...others, ...childSet])].sort(),
    children: [...childSet].sort(),
  };
}
