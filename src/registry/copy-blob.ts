import { isTransient } from '../errors.ts';
import type { PromoterError } from '../errors.ts';
import type { RepositoryName } from '../reference.ts';
import { attempt } from './copy-attempts.ts';
import type { RegistryClient } from './client-options.ts';
import type { Placement } from './placement.ts';
import type { BlobUpload, CallOptions, Descriptor, Registry } from './registry.ts';
import type { BlobShare } from './spool.ts';

/** How a blob came to be in a repository. */
export type BlobArrival = 'mounted' | 'uploaded' | 'found';

/** The calls of a registry that copying needs. */
export type CopyRegistry = Registry & Pick<RegistryClient, 'putBlobAtOnce'>;

export interface BlobDelivery {
  readonly registry: CopyRegistry;
  readonly placement: Placement;
  readonly repository: RepositoryName;
  readonly blob: Descriptor;
  readonly share: BlobShare;
  /** Whether the repository is asked before anything is sent to it. */
  readonly ask: boolean;
  readonly options: CallOptions;
}

/** Above this size a needless upload costs more than asking first. */
const ASK_ABOVE_BYTES = 32 * 1024 * 1024;

/**
 * Sees to it that a repository holds a blob, with the fewest requests: none where it is known to be, one where it can be
 * mounted, one or two where it must be sent. `undefined` when there was nothing to do.
 */
export function deliverBlob(delivery: BlobDelivery): Promise<BlobArrival | undefined> {
  const { placement, repository, blob, options } = delivery;
  return placement.bringBlob(repository, blob.digest, (from) => bring(delivery, from), options.signal);
}

async function bring(delivery: BlobDelivery, from: RepositoryName | undefined): Promise<BlobArrival> {
  const { registry, repository, blob, options } = delivery;
  const ask = delivery.ask || (from === undefined && blob.size > ASK_ABOVE_BYTES);
  if (ask && (await registry.hasBlob(repository, blob.digest, options))) return 'found';
  const mount = from === undefined ? undefined : await registry.mountBlob(repository, blob.digest, from, options);
  if (mount === 'mounted') return 'mounted';
  await upload(delivery, mount);
  return 'uploaded';
}

async function upload(delivery: BlobDelivery, opened: BlobUpload | undefined): Promise<void> {
  const { registry, repository, blob, share, options } = delivery;
  await share.use(async (content) => {
    async function uploadOnce(earlier: number): Promise<void> {
      // The upload may have ended well and only its answer been lost.
      if (earlier > 0 && (await registry.hasBlob(repository, blob.digest, options))) return;
      if (earlier === 0 && opened !== undefined) await registry.putBlob(opened, blob, content, options);
      else await registry.putBlobAtOnce(repository, blob, content, options);
    }
    await attempt(uploadOnce, isCuredByNewSession, options.signal);
  }, options.signal);
}

/** Besides what passes: a session that is gone (404) or that holds something else than it should (400, 416). */
function isCuredByNewSession({ code }: PromoterError): boolean {
  return isTransient(code) || code === 'RegistryNotFound' || code === 'RegistryRefused';
}
