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
  /** One entry per name; entries that a file repeats are merged. */
  readonly images: readonly ImageEntry[];
  readonly provenance?: ProvenancePolicy;
  /** Whether signatures of these images are kept equal on every mirror; absent means as the deployment says. */
  readonly replication?: 'on' | 'off';
}

/** An identity trusted to sign attestations of staging images, matched exactly. */
export interface Signer {
  /** OIDC issuer, e.g. `https://accounts.google.com`. */
  readonly issuer: string;
  /** Subject alternative name of the certificate, e.g. a service account. */
  readonly identity: string;
}

/** A builder that provenance may name, and the SLSA build level (1 to 3) that the reviewers grant it. */
export interface ProvenanceBuilder {
  readonly id: string;
  readonly level?: number;
}

/** What the images of one manifest must prove before they are promoted: its `provenance:` block. */
export interface ProvenancePolicy {
  readonly mode: 'off' | 'warn' | 'require';
  readonly signers: readonly Signer[];
  readonly builders: readonly ProvenanceBuilder[];
  /** Repositories without a ref, e.g. `github.com/kubernetes-sigs/kind`. */
  readonly sources: readonly string[];
  /** In-toto predicate types that must be attested besides the build provenance. */
  readonly predicateTypes: readonly string[];
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
