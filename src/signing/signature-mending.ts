import pMap from 'p-map';
import { PromoterError } from '../errors.ts';
import type { Digest, RepositoryName, Tag } from '../reference.ts';
import type { ImageCopier } from '../registry/copy.ts';
import type { Descriptor, ManifestContent } from '../registry/registry.ts';
import { repairDamage } from './content-damage.ts';
import type { Damage } from './content-damage.ts';
import type { SigningRegistry } from './port.ts';
import type { SignatureGap } from './signature-gap.ts';
import { mergeAttachment } from './signature-merge.ts';
import type { Referrer } from './signature-set.ts';
import type { SourceSignatures } from './source-signatures.ts';
import type { AttachContext } from './signing-context.ts';
import type { TrustRoot } from './trust-root.ts';

/** What it takes to write signatures to mirrors. */
export interface MendingContext extends Pick<AttachContext, 'locks'> {
  readonly registry: SigningRegistry;
  /** Writes a referrer and sees to it that it is listed. */
  readonly pushReferrer: (
    repository: RepositoryName,
    subject: Pick<Descriptor, 'digest'>,
    manifest: ManifestContent,
  ) => Promise<void>;
  readonly copier: ImageCopier;
  /** Judges signatures that only a mirror has. @throws PromoterError `TrustRootInvalid`, `SigningUnavailable` */
  readonly trust: () => Promise<TrustRoot>;
}

/** What was done for one mirror. */
export interface MirrorMending {
  /** Tags that it lacked and has now. */
  copied: number;
  /** Tags that pointed elsewhere and have what the source has now. */
  replaced: number;
  /** Tags that have what the source has, beside what they had. */
  merged: number;
  referrers: number;
  /** Tags and referrers of which damaged content was written again. */
  repaired: number;
  /** Differences that may stay: by tag, what the source and what the mirror has. */
  readonly accepted: Record<string, readonly [source: Digest, mirror: Digest]>;
  /** What could not be done, the first of it. */
  failure?: PromoterError;
}

export interface MendingOptions {
  /** Signatures under way at the same time. */
  readonly atOnce: number;
  readonly signal?: AbortSignal;
}

type Step = () => Promise<void>;

/**
 * Gives mirrors what they lack: each signature is read once and goes to all of them. A mirror that fails costs only
 * itself; only an aborted signal makes this throw.
 *
 * A tag that a listing showed to be missing is written without another look, to save a third of the requests. Should
 * somebody else sign between listing and writing, the source has changed too, and the next sweep sets it right.
 */
export async function mendSignatures(
  context: MendingContext,
  source: SourceSignatures,
  gaps: readonly SignatureGap[],
  { atOnce, signal }: MendingOptions,
): Promise<ReadonlyMap<RepositoryName, MirrorMending>> {
  const results = new Map(gaps.map(({ mirror }) => [mirror, newMending()]));
  const of = (mirror: RepositoryName): MirrorMending => results.get(mirror) as MirrorMending;
  const options = signal === undefined ? {} : { signal };

  let unexpected: unknown;

  // Nothing may go on behind the back of an attempt that has ended, so that what is thrown waits for the other steps.
  async function attempt(mirrors: readonly RepositoryName[], step: Step): Promise<void> {
    if (signal?.aborted === true || unexpected !== undefined) return;
    try {
      await step();
    } catch (error) {
      if (!(error instanceof PromoterError)) unexpected ??= error;
      else for (const mirror of mirrors) of(mirror).failure ??= error;
    }
  }

  /** Copies a manifest with everything below it; the mirrors that have it now. */
  async function copy(
    digest: Digest,
    mirrors: readonly RepositoryName[],
    tags: readonly Tag[],
  ): Promise<readonly RepositoryName[]> {
    const targets = mirrors.map((repository) => ({ repository, tags, hasDigest: false, tagsMissing: true }));
    const outcomes = await context.copier.copy({ source: source.repository, digest, targets }, options);
    for (const outcome of outcomes) if (outcome.kind === 'failed') of(outcome.repository).failure ??= outcome.error;
    return outcomes.filter(({ kind }) => kind === 'copied' || kind === 'present').map(({ repository }) => repository);
  }

  async function copyTag(tag: Tag, mirrors: readonly RepositoryName[]): Promise<void> {
    const digest = await source.digestOf(tag);
    if (digest === undefined) return;
    for (const mirror of await copy(digest, mirrors, [tag])) of(mirror).copied += 1;
  }

  async function copyReferrer({ digest, subject }: Referrer, mirrors: readonly RepositoryName[]): Promise<void> {
    const written = await copy(digest, mirrors, []);
    await pMap(written, (mirror) => attempt([mirror], () => list(digest, subject, mirror)));
  }

  // A registry that does not list a referrer by itself has to be told, by the fallback tag.
  async function list(digest: Digest, subject: Digest, mirror: RepositoryName): Promise<void> {
    const listed = await context.registry.listReferrers(mirror, subject);
    if (!listed.some((one) => one.digest === digest)) {
      const manifest = await context.registry.getManifest(source.repository, digest);
      if (manifest === undefined) return;
      await context.pushReferrer(mirror, { digest: subject }, manifest);
    }
    of(mirror).referrers += 1;
  }

  async function merge(tag: Tag, mirror: RepositoryName): Promise<void> {
    const bring = async (digest: Digest): Promise<boolean> => (await copy(digest, [mirror], [])).length > 0;
    const outcome = await mergeAttachment(context, { source, mirror, tag, bring });
    if (outcome === undefined) return;
    if (outcome.kind === 'replaced') of(mirror).replaced += 1;
    if (outcome.kind === 'merged') of(mirror).merged += 1;
    if (outcome.accepted !== undefined) of(mirror).accepted[tag] = outcome.accepted;
  }

  async function repair(damage: Damage, mirror: RepositoryName): Promise<void> {
    await repairDamage({ registry: context.registry, repository: mirror, source: source.repository }, damage);
    of(mirror).repaired += 1;
  }

  const steps: Step[] = [
    ...byItem(gaps, ({ missing }) => missing).map(
      ([tag, mirrors]) =>
        () =>
          attempt(mirrors, () => copyTag(tag, mirrors)),
    ),
    ...referrersByMirror(gaps).map(
      ([referrer, mirrors]) =>
        () =>
          attempt(mirrors, () => copyReferrer(referrer, mirrors)),
    ),
    ...gaps.flatMap(({ mirror, differing }) =>
      differing.map((tag) => () => attempt([mirror], () => merge(tag, mirror))),
    ),
    ...gaps.flatMap(({ mirror, damaged }) =>
      damaged.map((damage) => () => attempt([mirror], () => repair(damage, mirror))),
    ),
  ];
  await pMap(steps, (step) => step(), { concurrency: atOnce });
  signal?.throwIfAborted();
  if (unexpected !== undefined) throw unexpected;
  return results;
}

function newMending(): MirrorMending {
  return { copied: 0, replaced: 0, merged: 0, referrers: 0, repaired: 0, accepted: {} };
}

function byItem<T>(
  gaps: readonly SignatureGap[],
  items: (gap: SignatureGap) => readonly T[],
): readonly (readonly [T, readonly RepositoryName[]])[] {
  const mirrors = new Map<T, RepositoryName[]>();
  for (const gap of gaps) {
    for (const item of items(gap)) {
      const known = mirrors.get(item);
      if (known === undefined) mirrors.set(item, [gap.mirror]);
      else known.push(gap.mirror);
    }
  }
  return [...mirrors];
}

function referrersByMirror(gaps: readonly SignatureGap[]): readonly (readonly [Referrer, readonly RepositoryName[]])[] {
  const known = new Map(gaps.flatMap(({ referrers }) => referrers.map((one) => [one.digest, one] as const)));
  return byItem(gaps, ({ referrers }) => referrers.map(({ digest }) => digest)).flatMap(([digest, mirrors]) => {
    const referrer = known.get(digest);
    return referrer === undefined ? [] : [[referrer, mirrors] as const];
  });
}
