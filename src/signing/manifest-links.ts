import { isDigest } from '../reference.ts';
import type { Digest } from '../reference.ts';
import type { Descriptor, ManifestContent } from '../registry/registry.ts';
import { isDescriptor } from './attachment-manifest.ts';

/** What a manifest points to. */
export interface ManifestLinks {
  /** What it refers to. */
  readonly subject?: Digest;
  readonly manifests: readonly Digest[];
  /** Configuration and layers. */
  readonly blobs: readonly Descriptor[];
}

const NO_LINKS: ManifestLinks = { manifests: [], blobs: [] };

/** What a manifest of any kind points to; nothing when it cannot be read as one, since then it points nowhere. */
export function linksOf({ bytes }: Pick<ManifestContent, 'bytes'>): ManifestLinks {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return NO_LINKS;
  }
  const { subject, manifests, config, layers } = (parsed ?? {}) as Record<string, unknown>;
  const about = digestIn(subject);
  return {
    ...(about === undefined ? {} : { subject: about }),
    manifests: listOf(manifests)
      .map(digestIn)
      .filter((digest) => digest !== undefined),
    blobs: [config, ...listOf(layers)].filter(isDescriptor),
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function digestIn(descriptor: unknown): Digest | undefined {
  const { digest } = (descriptor ?? {}) as { digest?: unknown };
  return typeof digest === 'string' && isDigest(digest) ? digest : undefined;
}
