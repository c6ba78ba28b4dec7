import type { ImageEntry, Manifest } from '../../src/manifest/manifest.ts';
import type { Digest, RegistryName, RepositoryName, Tag } from '../../src/reference.ts';

/** A digest of one repeated hex digit. */
export function digest(hex: string): Digest {
  return `sha256:${hex.repeat(64).slice(0, 64)}` as Digest;
}

export function tag(text: string): Tag {
  return text as Tag;
}

export function repository(text: string): RepositoryName {
  return text as RepositoryName;
}

/** A manifest of `image → digest → tags`. */
export function manifest(
  source: string,
  destinations: readonly string[],
  images: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>,
): Manifest {
  const entries = Object.entries(images).map(([name, dmap]): ImageEntry => ({
    name,
    file: 'images.yaml',
    line: 1,
    digests: Object.entries(dmap).map(([hex, tags]) => ({ digest: digest(hex), tags: tags.map(tag), line: 2 })),
  }));
  return {
    file: 'promoter-manifest.yaml',
    source: source as RegistryName,
    destinations: destinations as readonly RegistryName[],
    images: entries,
  };
}
