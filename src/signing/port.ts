import type { Descriptor, ManifestContent, Registry } from '../registry/registry.ts';
import type { RepositoryName } from '../reference.ts';

/** What signing needs of a registry client. */
export type SigningRegistry = Pick<
  Registry,
  'getManifest' | 'headManifest' | 'putManifest' | 'openBlob' | 'openUpload' | 'putBlob' | 'hasBlob' | 'listReferrers'
>;

/**
 * Writes a manifest whose `subject` is the given descriptor, and makes sure that it is listed as the subject's referrer: by
 * the registry, or in the fallback tag where there is no referrers API (distribution specification 1.1, "Pushing
 * Manifests with Subject").
 */
export type PushReferrer = (
  repository: RepositoryName,
  subject: Descriptor,
  manifest: ManifestContent,
) => Promise<void>;
