import type { Readable } from 'node:stream';
import type { Digest, RepositoryName, Tag } from '../reference.ts';

/** A descriptor of the OCI image specification 1.1; fields we do not act on are carried through untouched. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly urls?: readonly string[];
}

/** A manifest, byte for byte as it was served or will be written. */
export interface ManifestContent {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** What a HEAD on a manifest tells. */
export interface ManifestHead {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly size: number;
}

/** What a registry said when it took a manifest. */
export interface ManifestWritten {
  /** It answered `OCI-Subject`: it lists the manifest as a referrer of its subject by itself (specification 1.1). */
  readonly subjectAccepted: boolean;
}

/**
 * What a listing of one repository tells; a repository that does not exist is an empty one.
 *
 * `names` is the distribution specification's list of tags. `digests` comes from Google's extension: every digest with its
 * tags, and complete, since an answer that could have been cut off is reported as `names`.
 */
export type RepositoryListing =
  | { readonly kind: 'names'; readonly tags: ReadonlySet<Tag> }
  | { readonly kind: 'digests'; readonly digests: ReadonlyMap<Digest, readonly Tag[]> };

/** An upload session that a registry has opened: where the blob is to be sent. */
export interface BlobUpload {
  readonly repository: RepositoryName;
  readonly location: URL;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/**
 * An OCI registry client (distribution specification 1.1) over every host at once.
 *
 * Each call throws `PromoterError` with a `Registry*` code, or `DigestMismatch` when bytes are not what their digest says;
 * "not there" is `undefined`, `false` or empty where the type has room for it, and never an error.
 */
export interface Registry {
  /** One authenticated request to `/v2/`. @throws `RegistryUnauthorized`, `RegistryDenied`, `RegistryUnavailable` */
  ping(host: string, options?: CallOptions): Promise<void>;
  /** Opens an upload and cancels it, to learn whether writing is allowed. */
  probeWrite(repository: RepositoryName, options?: CallOptions): Promise<void>;
  listRepository(repository: RepositoryName, options?: CallOptions): Promise<RepositoryListing>;
  headManifest(
    repository: RepositoryName,
    reference: Tag | Digest,
    options?: CallOptions,
  ): Promise<ManifestHead | undefined>;
  /** The bytes are hashed: against the reference when it is a digest, else against `Docker-Content-Digest`. */
  getManifest(
    repository: RepositoryName,
    reference: Tag | Digest,
    options?: CallOptions,
  ): Promise<ManifestContent | undefined>;
  putManifest(
    repository: RepositoryName,
    reference: Tag | Digest,
    content: ManifestContent,
    options?: CallOptions,
  ): Promise<ManifestWritten>;
  hasBlob(repository: RepositoryName, digest: Digest, options?: CallOptions): Promise<boolean>;
  /** The blob's bytes as a stream that fails with `DigestMismatch` at its end when they are not what the digest says. */
  openBlob(
    repository: RepositoryName,
    blob: Pick<Descriptor, 'digest' | 'size'>,
    options?: CallOptions,
  ): Promise<Readable>;
  /** Asks for a mount from another repository of the same host; a registry that will not mount opens an upload instead. */
  mountBlob(
    repository: RepositoryName,
    digest: Digest,
    from: RepositoryName,
    options?: CallOptions,
  ): Promise<'mounted' | BlobUpload>;
  openUpload(repository: RepositoryName, options?: CallOptions): Promise<BlobUpload>;
  /**
   * Completes an upload in one PUT. `content` is called once per try, so that another try reads the bytes again.
   *
   * Only a 429 or an expired token is tried again here. After any other failure the session may be gone: open a new one.
   */
  putBlob(
    upload: BlobUpload,
    blob: Pick<Descriptor, 'digest' | 'size'>,
    content: () => Readable | Uint8Array,
    options?: CallOptions,
  ): Promise<void>;
  /** Referrers of a digest by the API, or by the fallback tag where there is none (distribution specification 1.1). */
  listReferrers(repository: RepositoryName, digest: Digest, options?: CallOptions): Promise<readonly Descriptor[]>;
}
