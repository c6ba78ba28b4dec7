import { isDigest } from '../reference.ts';
import type { Descriptor } from './registry.ts';

/** Whether a value from a manifest is a descriptor whose content we can check (OCI image specification 1.1). */
export function isDescriptor(value: unknown): value is Descriptor {
  if (typeof value !== 'object' || value === null) return false;
  const { mediaType, digest, size } = value as Partial<Record<keyof Descriptor, unknown>>;
  return (
    typeof mediaType === 'string' &&
    typeof digest === 'string' &&
    isDigest(digest) &&
    Number.isSafeInteger(size) &&
    (size as number) >= 0
  );
}

/** The descriptors under `manifests` of an image index; empty for anything else. */
export function descriptorsOf(index: unknown): Descriptor[] {
  const manifests = (index as { manifests?: unknown } | null | undefined)?.manifests;
  return Array.isArray(manifests) ? manifests.filter(isDescriptor) : [];
}
