import { createHash } from 'node:crypto';
import type { Digest } from '../../src/reference.ts';
import type { ManifestContent } from '../../src/registry/registry.ts';

export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** A manifest of this object, as it would be written. */
export function manifestOf(
  manifest: object,
  mediaType = 'application/vnd.oci.image.manifest.v1+json',
): ManifestContent {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...manifest }));
  return { digest: digestOf(bytes), mediaType, bytes };
}
