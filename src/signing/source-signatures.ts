import pMap from 'p-map';
import type { Digest, RepositoryName, Tag } from '../reference.ts';
import type { Registry } from '../registry/registry.ts';
import { once } from './once.ts';
import type { Referrer, SignatureSet } from './signature-set.ts';
import { parseAttachmentTag } from './signature-set.ts';

/** The signatures of a source repository: what its listing told, and the rest asked for once and only when needed. */
export interface SourceSignatures {
  readonly repository: RepositoryName;
  readonly set: SignatureSet;
  /** What a tag points to; nothing when it is gone. */
  digestOf(tag: Tag): Promise<Digest | undefined>;
  /** Referrers of a digest, but for those that a tag lists. */
  referrersOf(subject: Digest): Promise<readonly Referrer[]>;
  /** Digests that may have such referrers. */
  subjects(): Promise<readonly Digest[]>;
}

export interface SourceSignaturesOptions {
  readonly repository: RepositoryName;
  readonly set: SignatureSet;
  /** From a listing that shows them. */
  readonly referrers: readonly Referrer[];
  /** Where a listing does not: every digest that may have some, found out when it is first asked for. */
  readonly images: () => Promise<Iterable<Digest>>;
}

const READS_AT_ONCE = 8;

/** Looks at a source through a registry client. */
export function openSourceSignatures(
  registry: Pick<Registry, 'headManifest' | 'listReferrers'>,
  { repository, set, referrers, images }: SourceSignaturesOptions,
): SourceSignatures {
  const named = [...set.tags.keys()].flatMap((tag) => parseAttachmentTag(tag) ?? []);
  const listedByTag = new Set(named.filter(({ kind }) => kind === 'referrers').map(({ subject }) => subject));
  const bySubject = Map.groupBy(referrers, ({ subject }) => subject);
  const digests = new Map<Tag, Promise<Digest | undefined>>();
  const lists = new Map<Digest, Promise<readonly Referrer[]>>();
  let candidates: Promise<readonly Digest[]> | undefined;

  async function head(tag: Tag): Promise<Digest | undefined> {
    return (await registry.headManifest(repository, tag))?.digest;
  }

  async function list(subject: Digest): Promise<readonly Referrer[]> {
    if (listedByTag.has(subject)) return [];
    if (set.digests !== undefined) return bySubject.get(subject) ?? [];
    return (await registry.listReferrers(repository, subject)).map(({ digest }) => ({ digest, subject }));
  }

  async function findSubjects(): Promise<readonly Digest[]> {
    if (set.digests !== undefined) return [...bySubject.keys()].filter((subject) => !listedByTag.has(subject));
    const all = new Set([...(await images()), ...named.map(({ subject }) => subject)]);
    return [...all].filter((subject) => !listedByTag.has(subject));
  }

  return {
    repository,
    set,
    digestOf: async (tag) => set.tags.get(tag) ?? once(digests, tag, () => head(tag)),
    referrersOf: (subject) => once(lists, subject, () => list(subject)),
    subjects: () => (candidates ??= findSubjects()),
  };
}

/** The referrers of several digests. */
export async function referrersOfAll(
  source: SourceSignatures,
  subjects: Iterable<Digest>,
): Promise<readonly Referrer[]> {
  const lists = await pMap(subjects, (subject) => source.referrersOf(subject), { concurrency: READS_AT_ONCE });
  return lists.flat();
}
