import { createHash } from 'node:crypto';
import { PromoterError } from '../errors.ts';

/** The SHA-256 of a file's content as file manifests write it: 64 lower-case hex digits, without a prefix. */
export type Sha256 = string & { readonly __brand: 'Sha256' };

/** Whether the text is a {@link Sha256}. */
export function isSha256(text: string): text is Sha256 {
  return /^[0-9a-f]{64}$/.test(text);
}

/** The hash of everything that a stream holds, read in the pieces that it comes in. */
export async function sha256Of(content: AsyncIterable<Uint8Array>): Promise<Sha256> {
  const hash = createHash('sha256');
  for await (const chunk of content) hash.update(chunk);
  return hash.digest('hex') as Sha256;
}

/**
 * Passes a stream on, and ends it with an error instead of its last piece when it is not what was promised: whoever
 * writes it never sees a complete stream of wrong bytes.
 *
 * @param what names the content in the message
 * @throws PromoterError `DigestMismatch` out of the stream
 */
export async function* verified(
  content: AsyncIterable<Uint8Array>,
  expected: Sha256,
  what: string,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let held: Uint8Array | undefined;
  for await (const chunk of content) {
    if (held !== undefined) yield held;
    hash.update(chunk);
    held = chunk;
  }
  const actual = hash.digest('hex');
  if (actual !== expected) {
    throw new PromoterError(
      'DigestMismatch',
      `sha256 did not match for file ${what}: it is ${actual}, but should be ${expected}; nothing of it was written. ` +
        'Correct the manifest if it is wrong; otherwise the file was altered and has to be published again at its source.',
    );
  }
  if (held !== undefined) yield held;
}
