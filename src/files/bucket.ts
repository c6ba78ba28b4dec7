import type { Readable } from 'node:stream';
import type { Sha256 } from './sha256.ts';

/** A file as a bucket describes it. */
export interface StoredFile {
  /** Below the bucket's base, with `/` between its parts. */
  readonly name: string;
  /** In bytes, as stored. */
  readonly size: number;
  /** Changes whenever the content does: a generation, an entity tag, or inode, size and time of writing. */
  readonly version: string;
  /** The hash that was recorded with the file when it was written, or that the bucket computed itself. */
  readonly sha256?: Sha256;
}

/** What is to be written. */
export interface FileContent {
  /** In bytes, as far as is known: it decides how the file is uploaded. */
  readonly size: number;
  /** Compared before anybody can see the file, and recorded with it where a bucket can do that. */
  readonly sha256?: Sha256;
  /** Opens it from its beginning. */
  readonly open: (signal: AbortSignal | undefined) => Promise<Readable>;
}

/** What a file may replace: nothing, or exactly the version that was looked at. */
export type Replaces = 'nothing' | { readonly version: string };

export interface BucketCall {
  readonly signal?: AbortSignal;
}

/**
 * A place for files under one base address: `gs://bucket/prefix/`, `s3://bucket/prefix/` or `file:///folder/`.
 *
 * Files appear whole or not at all. Every method throws a PromoterError: `BucketDenied`, `BucketNotFound` (no such
 * bucket), `BucketUnavailable` (worth another try) or `BucketRefused`.
 */
export interface Bucket {
  /** The address, with a slash at its end. */
  readonly base: string;
  /** Everything below the base, in any order. `sha256` is there only where the listing has it. */
  list(call?: BucketCall): AsyncIterable<StoredFile>;
  /** One file with everything that is known of it; undefined when there is none. */
  stat(name: string, call?: BucketCall): Promise<StoredFile | undefined>;
  /** The content of a file. @throws PromoterError `SourceLost` when there is none of that version */
  read(file: Pick<StoredFile, 'name' | 'version'>, call?: BucketCall): Promise<Readable>;
  /**
   * Writes a file, and replaces nothing but what it was told to.
   *
   * @throws PromoterError `FileConflict` when another version is there; `DigestMismatch` when the content is not what was
   *   promised
   */
  write(name: string, content: FileContent, replaces: Replaces, call?: BucketCall): Promise<void>;
}
