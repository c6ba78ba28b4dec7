import type { Digest, RegistryName, Tag } from '../reference.ts';

/** One digest of an image and the tags it is to carry; without tags it is promoted by digest alone. */
export interface DigestEntry {
  readonly digest: Digest;
  readonly tags: readonly Tag[];
  /** 1-based line of the digest in its file. */
  readonly line: number;
}

/** One entry of `images:`. */
export interface ImageEntry {
  /** Path below the registry, the same at the source and at every destination. */
  readonly name: string;
  readonly digests: readonly DigestEntry[];
  /** The file that holds the entry (for thin manifests `images/<project>/images.yaml`), as the user named its folder. */
  readonly file: string;
  readonly line: number;
}

/** One promotion manifest after every check, plain or thin. */
export interface Manifest {
  /** The file that names the registries. */
  readonly file: string;
  readonly source: RegistryName;
  readonly destinations: readonly RegistryName[];
  readonly images: readonly ImageEntry[];
}

/** A text file of a set of manifests, with its path relative to the folder or file the user named. */
export interface ManifestFile {
  readonly path: string;
  readonly text: string;
}

/**
 * What a client uploads and a worker reads: the files of one plain manifest or of a thin directory.
 * It is serialised as JSON and addressed by the digest of that.
 */
export interface ManifestBundle {
  readonly kind: 'plain' | 'thin';
  readonly files: readonly ManifestFile[];
}

/** Something wrong (or, as a warning, odd) in a file a person wrote. */
export interface Problem {
  readonly file: string;
  /** 1-based; absent when the problem is the file itself. */
  readonly line?: number;
  readonly message: string;
}
