import type { Readable } from 'node:stream';
import type { PromoterError } from '../errors.ts';
import type { Digest } from '../reference.ts';
import { createAllowance, waitFor } from './copy-allowance.ts';
import { attempt } from './copy-attempts.ts';
import type { Descriptor } from './registry.ts';
import { keepInFile, keepInMemory } from './spool-content.ts';
import type { BlobContent } from './spool-content.ts';

export interface SpoolOptions {
  /** Where large blobs wait for their uploads; made when it is needed. */
  readonly directory: string;
  /** Blobs up to this size stay in memory. */
  readonly smallBlobBytes: number;
  /** How much memory all small blobs may take together; reading waits for room. */
  readonly memoryBytes: number;
  /** How much of the disk all large blobs may take together. A larger blob is spooled when it is the only one. */
  readonly diskBytes: number;
}

/** Opens a blob at its source. */
export type BlobReader = (signal: AbortSignal) => Promise<Readable>;

/** One destination's claim to a blob's content: while it stands, the content that was read once is kept. */
export interface BlobShare {
  /**
   * Runs with the content, complete and verified, to be opened as often as an upload is tried. The first share that is
   * used has it read from the source, for all. Works after `release` too, then perhaps by reading again.
   */
  use<T>(run: (open: () => Readable | Uint8Array) => Promise<T>, signal?: AbortSignal): Promise<T>;
  release(): void;
}

/**
 * Blobs between their source and their destinations: each is read once, whatever the number and the pace of those that
 * upload it. Being complete before the first upload starts, bytes that do not match their digest reach no destination.
 */
export interface Spool {
  share(blob: Pick<Descriptor, 'digest' | 'size'>, read: BlobReader): BlobShare;
}

interface Entry {
  readonly blob: Pick<Descriptor, 'digest' | 'size'>;
  /** Stops the reading when nobody wants the blob any more. */
  readonly unwanted: AbortController;
  /** Shares that stand and uses under way. */
  claims: number;
  loading: Promise<KeptBlob> | undefined;
}

interface KeptBlob {
  readonly content: BlobContent;
  readonly giveRoomBack: () => void;
}

/** Makes the spool of a process. */
export function createSpool(options: SpoolOptions): Spool {
  const entries = new Map<Digest, Entry>();
  const memory = createAllowance(options.memoryBytes);
  const disk = createAllowance(options.diskBytes);

  async function load(entry: Entry, read: BlobReader): Promise<KeptBlob> {
    const { blob } = entry;
    const { signal } = entry.unwanted;
    const isSmall = blob.size <= options.smallBlobBytes;
    const giveRoomBack = await (isSmall ? memory : disk).take(blob.size, signal);
    async function readOnce(): Promise<BlobContent> {
      const stream = await read(signal);
      return isSmall ? keepInMemory(blob, stream) : keepInFile(blob, stream, options.directory);
    }
    try {
      return { content: await attempt(readOnce, isWorthReadingAgain, signal), giveRoomBack };
    } catch (error) {
      giveRoomBack();
      throw error;
    }
  }

  function loaded(entry: Entry, read: BlobReader): Promise<KeptBlob> {
    if (entry.loading === undefined) {
      const loading = load(entry, read);
      entry.loading = loading;
      // Whoever asks after a failure has it read again, perhaps from another repository.
      loading.catch(() => {
        if (entry.loading === loading) entry.loading = undefined;
      });
    }
    return entry.loading;
  }

  function enter(blob: Entry['blob']): Entry {
    const known = entries.get(blob.digest);
    const entry = known ?? { blob, unwanted: new AbortController(), claims: 0, loading: undefined };
    entries.set(blob.digest, entry);
    entry.claims += 1;
    return entry;
  }

  function leave(entry: Entry): void {
    entry.claims -= 1;
    if (entry.claims > 0) return;
    entries.delete(entry.blob.digest);
    entry.unwanted.abort(new Error(`blob ${entry.blob.digest} is no longer wanted`));
    // Reading that failed has been reported to those who waited for it, and an unnamed file that will not close is lost to
    // nobody but this process.
    entry.loading?.then(discard).catch(() => {});
  }

  return {
    share(blob, read) {
      let claimed: Entry | undefined = enter(blob);
      return {
        async use(run, signal) {
          const entry = enter(blob);
          try {
            const { content } = await waitFor(loaded(entry, read), signal);
            return await run(() => content.open());
          } finally {
            leave(entry);
          }
        },
        release() {
          if (claimed !== undefined) leave(claimed);
          claimed = undefined;
        },
      };
    },
  };
}

async function discard({ content, giveRoomBack }: KeptBlob): Promise<void> {
  try {
    await content.dispose();
  } finally {
    giveRoomBack();
  }
}

/** What breaks off is continued by the client; what was altered on its way is worth a second look. */
function isWorthReadingAgain(error: PromoterError): boolean {
  return error.code === 'DigestMismatch';
}
