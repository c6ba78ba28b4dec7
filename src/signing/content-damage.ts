import { finished } from 'node:stream/promises';
import pMap from 'p-map';
import { PromoterError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import type { Digest, RepositoryName, Tag } from '../reference.ts';
import type { Descriptor, ManifestContent } from '../registry/registry.ts';
import { readBlob, writeBlob } from './blob-content.ts';
import { linksOf } from './manifest-links.ts';
import { once } from './once.ts';
import type { SigningRegistry } from './port.ts';

/** Something attached, under its tag or as a referrer. */
export interface AttachmentRoot {
  readonly digest: Digest;
  readonly subject: Digest;
  readonly tag?: Tag;
}

/** What of an attachment a repository does not give back as its digest says. */
export interface Damage {
  readonly root: AttachmentRoot;
  /** Children before parents. */
  readonly manifests: readonly Digest[];
  readonly blobs: readonly Descriptor[];
}

/** A repository that is read, and the one that has the same and is believed. */
export interface ContentPlace {
  readonly registry: Pick<SigningRegistry, 'getManifest' | 'openBlob'>;
  readonly repository: RepositoryName;
  readonly source: RepositoryName;
}

const READS_AT_ONCE = 8;

/** Errors that say something of the host, and nothing of what it holds. */
const OF_THE_HOST: ReadonlySet<ErrorCode> = new Set(['RegistryUnauthorized', 'RegistryDenied', 'RegistryThrottled']);

/**
 * Reads attachments back with everything below them, hashing it on the way: a list of names and digests does not tell that
 * a blob under an intact manifest is gone or cut off. It takes a request for each manifest and each blob.
 *
 * @returns those that are not whole; what the source does not have either is not missed
 * @throws PromoterError when the host refuses to be asked
 */
export async function findDamage(place: ContentPlace, roots: readonly AttachmentRoot[]): Promise<readonly Damage[]> {
  // Bundles share their configuration, so that it is read once.
  const blobs = new Map<Digest, Promise<boolean>>();
  const isWhole = (blob: Descriptor): Promise<boolean> => once(blobs, blob.digest, () => readsBack(place, blob));
  const found = await pMap(roots, (root) => inspect(place, root, isWhole), { concurrency: READS_AT_ONCE });
  return found.filter(({ manifests, blobs }) => manifests.length + blobs.length > 0);
}

/**
 * Writes again what is damaged, and reads it back.
 *
 * @throws PromoterError `DigestMismatch` when the registry keeps what it has; `SignatureInvalid` when the source's is
 *   damaged as well; the registries' errors
 */
export async function repairDamage(
  place: ContentPlace & { readonly registry: SigningRegistry },
  { root, manifests, blobs }: Damage,
): Promise<void> {
  const { registry, repository, source } = place;
  for (const descriptor of blobs) {
    await writeBlob(registry, repository, { descriptor, bytes: await readBlob(registry, source, descriptor) });
  }
  for (const digest of manifests) {
    const content = await registry.getManifest(source, digest);
    if (content === undefined) continue;
    await registry.putManifest(repository, digest === root.digest ? (root.tag ?? digest) : digest, content);
  }
  if ((await findDamage(place, [root])).length === 0) return;
  const what = [...manifests, ...blobs.map(({ digest }) => digest)].join(', ');
  throw new PromoterError(
    'DigestMismatch',
    `${repository} has ${root.tag ?? root.digest} with content that is missing or damaged, and still has after it was written again: ${what}. A registry that takes what it has under a digest for intact does not replace it: delete that content from its storage, and the next audit brings it back`,
  );
}

async function inspect(
  place: ContentPlace,
  root: AttachmentRoot,
  isWhole: (blob: Descriptor) => Promise<boolean>,
): Promise<Damage> {
  const manifests: Digest[] = [];
  const blobs: Descriptor[] = [];
  const seen = new Set<Digest>();

  async function visit(digest: Digest): Promise<void> {
    if (seen.has(digest)) return;
    seen.add(digest);
    const held = await manifestOf(place, digest);
    const content = held ?? (await place.registry.getManifest(place.source, digest));
    if (content === undefined) return;
    const links = linksOf(content);
    for (const child of links.manifests) await visit(child);
    for (const blob of links.blobs) if (!(await isWhole(blob))) blobs.push(blob);
    if (held === undefined) manifests.push(digest);
  }

  await visit(root.digest);
  return { root, manifests, blobs };
}

async function manifestOf(
  { registry, repository }: ContentPlace,
  digest: Digest,
): Promise<ManifestContent | undefined> {
  try {
    return await registry.getManifest(repository, digest);
  } catch (error) {
    return takenForDamage(error, undefined);
  }
}

async function readsBack({ registry, repository }: ContentPlace, blob: Descriptor): Promise<boolean> {
  try {
    // Its bytes are of no use: the stream fails when they are not what the digest says.
    const stream = await registry.openBlob(repository, blob);
    await finished(stream.resume());
    return true;
  } catch (error) {
    return takenForDamage(error, false);
  }
}

/** @throws what it was given when that says nothing of the content */
function takenForDamage<T>(error: unknown, damaged: T): T {
  if (error instanceof PromoterError && !OF_THE_HOST.has(error.code)) return damaged;
  throw error;
}
