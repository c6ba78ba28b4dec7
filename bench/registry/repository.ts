/** What is known of a manifest besides its bytes. */
export interface HeldManifest {
  readonly mediaType: string;
  readonly size: number;
  readonly subject?: string;
  readonly artifactType?: string;
  readonly uploadedMs: number;
}

interface Held {
  readonly manifests: Map<string, HeldManifest>;
  readonly tags: Map<string, string>;
  readonly blobs: Set<string>;
  listing: Buffer | undefined;
}

/**
 * One repository. Copies share what they hold until one of them is written to, so that a snapshot of everything, or a
 * mirror with what another holds, costs nothing.
 */
export class Repository {
  #held: Held;
  #shared: boolean;

  constructor(from?: Repository) {
    if (from !== undefined) from.#shared = true;
    this.#shared = from !== undefined;
    this.#held =
      from === undefined ? { manifests: new Map(), tags: new Map(), blobs: new Set(), listing: undefined } : from.#held;
  }

  get manifests(): ReadonlyMap<string, HeldManifest> {
    return this.#held.manifests;
  }

  get tags(): ReadonlyMap<string, string> {
    return this.#held.tags;
  }

  get blobs(): ReadonlySet<string> {
    return this.#held.blobs;
  }

  /** The digest that a tag or a digest stands for here. */
  resolve(reference: string): string | undefined {
    if (!reference.startsWith('sha256:')) return this.#held.tags.get(reference);
    return this.#held.manifests.has(reference) ? reference : undefined;
  }

  addBlob(digest: string): void {
    if (!this.#held.blobs.has(digest)) this.#own().blobs.add(digest);
  }

  deleteBlob(digest: string): boolean {
    return this.#own().blobs.delete(digest);
  }

  addManifest(digest: string, manifest: HeldManifest, tag?: string): void {
    const { manifests, tags } = this.#own();
    manifests.set(digest, manifest);
    if (tag !== undefined) tags.set(tag, digest);
  }

  /** Takes a tag away, or a digest with all its tags. */
  deleteReference(reference: string): boolean {
    const { manifests, tags } = this.#own();
    if (!reference.startsWith('sha256:')) return tags.delete(reference);
    for (const [tag, digest] of tags) if (digest === reference) tags.delete(tag);
    return manifests.delete(reference);
  }

  /** The answer to a listing, made anew only after a change. */
  listing(make: (repository: Repository) => Buffer): Buffer {
    this.#held.listing ??= make(this);
    return this.#held.listing;
  }

  /** What is held, to be changed. */
  #own(): Held {
    if (this.#shared) {
      const { manifests, tags, blobs } = this.#held;
      this.#held = { manifests: new Map(manifests), tags: new Map(tags), blobs: new Set(blobs), listing: undefined };
      this.#shared = false;
    }
    this.#held.listing = undefined;
    return this.#held;
  }
}
