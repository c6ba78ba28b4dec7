import type { Digest, RepositoryName } from '../reference.ts';
import type { Descriptor, ManifestContent } from '../registry/registry.ts';
import { getTagManifest, mayBeBundle } from './attachments.ts';
import { readBlob } from './blob-content.ts';
import { once } from './once.ts';
import type { SigningRegistry } from './port.ts';

/** What one repository has attached to an image: read when it is first asked for, and only once. */
export interface SignatureSource {
  readonly repository: RepositoryName;
  readonly subject: Descriptor;
  /** The `.sig` or `.att` manifest. */
  tagManifest(suffix: 'sig' | 'att'): Promise<ManifestContent | undefined>;
  /** The referrers that may be bundles. */
  bundles(): Promise<readonly Descriptor[]>;
  manifest(digest: Digest): Promise<ManifestContent | undefined>;
  /** @throws PromoterError `SignatureInvalid` when it is missing or damaged */
  blob(descriptor: Descriptor): Promise<Buffer>;
}

/** Opens what a repository has attached, to be handed to any number of others. It makes no request by itself. */
export function openSignatures(
  registry: SigningRegistry,
  repository: RepositoryName,
  subject: Descriptor,
): SignatureSource {
  const place = { registry, repository, digest: subject.digest };
  const tags = new Map<string, Promise<ManifestContent | undefined>>();
  const manifests = new Map<Digest, Promise<ManifestContent | undefined>>();
  const blobs = new Map<Digest, Promise<Buffer>>();
  const lists = new Map<Digest, Promise<readonly Descriptor[]>>();
  return {
    repository,
    subject,
    tagManifest: (suffix) => once(tags, suffix, () => getTagManifest(place, suffix === 'sig' ? 'sig-tag' : 'att-tag')),
    bundles: () =>
      once(lists, subject.digest, async () =>
        (await registry.listReferrers(repository, subject.digest)).filter(mayBeBundle),
      ),
    manifest: (digest) => once(manifests, digest, () => registry.getManifest(repository, digest)),
    blob: (descriptor) => once(blobs, descriptor.digest, () => readBlob(registry, repository, descriptor)),
  };
}
