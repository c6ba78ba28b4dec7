import type { StoredBlob } from './oci-manifest.ts';

/** Keeps registries from collecting blobs that no name leads to. */
export interface Pins {
  /** Resolves when a manifest in the registry holds the blob. */
  pin(blob: StoredBlob): Promise<void>;
}

interface Waiting {
  readonly blob: StoredBlob;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** So many blobs are held by one manifest, which is written anew for each that is added. */
const BLOBS_PER_PIN = 64;

/**
 * Pins blobs by as few manifests as possible: those that arrive while one is being written share the next one.
 *
 * @param write stores the manifest of that number with these blobs, in place of what it was before
 */
export function createPins(write: (number: number, blobs: readonly StoredBlob[]) => Promise<void>): Pins {
  let waiting: Waiting[] = [];
  let pinned: readonly StoredBlob[] = [];
  let number = 0;
  let writing = false;

  async function writeNext(): Promise<void> {
    if (pinned.length >= BLOBS_PER_PIN) {
      pinned = [];
      number += 1;
    }
    const batch = waiting.slice(0, BLOBS_PER_PIN - pinned.length);
    waiting = waiting.slice(batch.length);
    const blobs = distinct([...pinned, ...batch.map(({ blob }) => blob)]);
    try {
      await write(number, blobs);
      pinned = blobs;
      for (const { resolve } of batch) resolve();
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  async function writeAll(): Promise<void> {
    if (writing) return;
    writing = true;
    while (waiting.length > 0) await writeNext();
    writing = false;
  }

  return {
    pin: (blob) =>
      new Promise((resolve, reject) => {
        waiting.push({ blob, resolve, reject });
        void writeAll();
      }),
  };
}

function distinct(blobs: readonly StoredBlob[]): readonly StoredBlob[] {
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}
