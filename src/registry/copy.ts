import { tmpdir } from 'node:os';
import type { PromoterError } from '../errors.ts';
import type { Digest, RepositoryName, Tag } from '../reference.ts';
import { createAllowance } from './copy-allowance.ts';
import type { CopyRegistry } from './copy-blob.ts';
import { copyGroup } from './copy-group.ts';
import { createManifestSource } from './copy-source.ts';
import { createPlacement } from './placement.ts';
import type { CallOptions } from './registry.ts';
import { createSpool } from './spool.ts';
import type { SpoolOptions } from './spool.ts';

/** One destination of a group. */
export interface CopyTarget {
  readonly repository: RepositoryName;
  /** Without tags the image is copied by digest alone. */
  readonly tags: readonly Tag[];
  /** The destination already holds the digest, only tags are missing. */
  readonly hasDigest: boolean;
  /** The tags were seen to be missing just now and are not worth another look before they are written. */
  readonly tagsMissing?: boolean;
}

/** One digest of one source repository with all its destinations. */
export interface CopyGroup {
  readonly source: RepositoryName;
  readonly digest: Digest;
  readonly targets: readonly CopyTarget[];
}

/**
 * What became of a destination. One whose tags fared differently has several outcomes: what stands, and each moved tag.
 */
export type TargetOutcome =
  | {
      readonly kind: 'copied';
      readonly repository: RepositoryName;
      /** All that point to the digest now, whoever wrote them. */
      readonly tags: readonly Tag[];
      /** Manifests written, once per tag. */
      readonly manifests: number;
      /** Blobs uploaded. */
      readonly blobs: number;
      readonly mounted: number;
      /** Of the uploaded blobs. */
      readonly bytes: number;
    }
  /** Everything was there, nothing was written. */
  | { readonly kind: 'present'; readonly repository: RepositoryName }
  | { readonly kind: 'tag-moved'; readonly repository: RepositoryName; readonly tag: Tag; readonly found: Digest }
  | { readonly kind: 'failed'; readonly repository: RepositoryName; readonly error: PromoterError };

export interface CopyOptions extends CallOptions {
  /** An earlier attempt may have written part of it: ask before writing. */
  readonly resumed?: boolean;
}

/** Copies groups, any number side by side; one per process, since it remembers what is where. */
export interface ImageCopier {
  /**
   * Copies a group to its destinations, none of which disturbs another: a destination's failure is an outcome. Rejects only
   * when the signal is aborted (then no tag points to anything incomplete).
   */
  copy(group: CopyGroup, options?: CopyOptions): Promise<readonly TargetOutcome[]>;
}

export interface CopierOptions {
  readonly spool?: Partial<SpoolOptions>;
  /** How many destinations may be under way, over all groups; their requests are limited by the registry client. */
  readonly targetsInFlight?: number;
}

const MIB = 1024 * 1024;

const DEFAULT_SPOOL: SpoolOptions = {
  directory: tmpdir(),
  smallBlobBytes: MIB,
  memoryBytes: 64 * MIB,
  diskBytes: 8 * 1024 * MIB,
};

const DEFAULT_TARGETS_IN_FLIGHT = 256;

/** Makes the copier of a process. */
export function createCopier(registry: CopyRegistry, options: CopierOptions = {}): ImageCopier {
  const workshop = {
    registry,
    placement: createPlacement(),
    spool: createSpool({ ...DEFAULT_SPOOL, ...options.spool }),
    manifests: createManifestSource(registry),
  };
  const places = createAllowance(options.targetsInFlight ?? DEFAULT_TARGETS_IN_FLIGHT);
  return {
    async copy(group, copyOptions = {}) {
      const leave = await places.take(group.targets.length, copyOptions.signal);
      try {
        return await copyGroup(workshop, group, copyOptions);
      } finally {
        leave();
      }
    },
  };
}
