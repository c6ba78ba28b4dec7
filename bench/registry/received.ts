import { createHash } from 'node:crypto';

/** Larger bodies are hashed as they come and not kept. */
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

/** The bytes of an upload, as far as they have come. */
export class Received {
  readonly #hash = createHash('sha256');
  #chunks: Buffer[] = [];
  size = 0;

  add(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.size += chunk.length;
    if (this.size <= MAX_KEPT_BYTES) this.#chunks.push(chunk);
    else this.#chunks = [];
  }

  /** The digest of all of it; nothing can be added then. */
  digest(): string {
    return `sha256:${this.#hash.digest('hex')}`;
  }

  /** All of it, unless it was too much to be kept. */
  bytes(): Buffer | undefined {
    return this.size > MAX_KEPT_BYTES ? undefined : Buffer.concat(this.#chunks);
  }
}
