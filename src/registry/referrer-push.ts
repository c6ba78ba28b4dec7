import { createHash } from 'node:crypto';
import { PromoterError } from '../errors.ts';
import type { Digest, RepositoryName, Tag } from '../reference.ts';
import { jsonOf } from './call.ts';
import type { KeyedQueue } from './keyed-queue.ts';
import { fallbackTag, referrersIn } from './referrers.ts';
import type { CallOptions, Descriptor, ManifestContent, Registry } from './registry.ts';

const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';

/** Other writers may replace the index between our reading and our writing; each loss costs one more try. */
const MAX_TRIES = 8;

/**
 * Writes a manifest that refers to a subject, and makes sure that it is listed as the subject's referrer: by the registry
 * itself, or else in the index under the fallback tag (distribution specification 1.1, "Pushing Manifests with Subject"
 * and "Unavailable Referrers API").
 *
 * The index is read, changed and written; nothing in the protocol prevents two writers from overwriting each other. Within
 * this process they queue; against others the index is read again after writing, and written again if our entry is gone.
 *
 * @throws PromoterError `RegistryUnavailable` when others keep overwriting the entry
 */
export async function pushReferrer(
  registry: Pick<Registry, 'getManifest' | 'putManifest'>,
  queue: KeyedQueue,
  repository: RepositoryName,
  subject: Pick<Descriptor, 'digest'>,
  manifest: ManifestContent,
  options?: CallOptions,
): Promise<void> {
  const { subjectAccepted } = await registry.putManifest(repository, manifest.digest, manifest, options);
  if (subjectAccepted) return;
  const tag = fallbackTag(subject.digest);
  const entry = entryOf(manifest);
  await queue.run(`${repository}:${tag}`, async () => {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const known = await readIndex(registry, repository, tag, options);
      if (known.some(({ digest }) => digest === entry.digest)) return;
      await registry.putManifest(repository, tag, indexOf([...known, entry]), options);
    }
    const after = await readIndex(registry, repository, tag, options);
    if (after.some(({ digest }) => digest === entry.digest)) return;
    throw lost(repository, tag);
  });
}

async function readIndex(
  registry: Pick<Registry, 'getManifest'>,
  repository: RepositoryName,
  tag: Tag,
  options: CallOptions | undefined,
): Promise<Descriptor[]> {
  const index = await registry.getManifest(repository, tag, options);
  return index === undefined ? [] : referrersIn(index);
}

/** What the specification wants a referrer's entry to say, besides what every descriptor says. */
function entryOf(manifest: ManifestContent): Descriptor {
  const { artifactType, config, annotations } = (jsonOf(manifest) ?? {}) as {
    readonly artifactType?: string;
    readonly config?: { readonly mediaType?: string };
    readonly annotations?: Readonly<Record<string, string>>;
  };
  const type = artifactType ?? config?.mediaType;
  return {
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.bytes.length,
    ...(type !== undefined && { artifactType: type }),
    ...(annotations !== undefined && { annotations }),
  };
}

function indexOf(manifests: readonly Descriptor[]): ManifestContent {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests }));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
  return { digest, mediaType: INDEX_TYPE, bytes };
}

function lost(repository: RepositoryName, tag: Tag): PromoterError {
  const message = `could not list a referrer under ${repository}:${tag}: other writers removed the entry ${MAX_TRIES} times. It is tried again; see who else writes there.`;
  return new PromoterError('RegistryUnavailable', message);
}
