import { fileURLToPath } from 'node:url';
import { messageOf, PromoterError } from './errors.ts';

/** Which kind of store a base address names. */
export type BucketScheme = 'gs' | 's3' | 'file';

/** A base address taken apart. */
export interface BucketAddress {
  readonly scheme: BucketScheme;
  /** The name of the bucket; of `file:` addresses the absolute path of the folder. */
  readonly bucket: string;
  /** What the names of files begin with, empty or ending in a slash; empty for `file:`. */
  readonly prefix: string;
  /** The whole address as it was meant, ending in a slash. */
  readonly base: string;
}

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;

/** Letters that the naming rules of Cloud Storage and S3 allow; the rest of their rules are for them to enforce. */
const BUCKET_NAME = /^[a-z0-9][a-z0-9._-]{1,221}$/;

/**
 * Reads a base address.
 *
 * @throws PromoterError `UsageInvalid` with kpromo's message for a scheme that nobody knows, or what else is wrong
 */
export function parseBase(text: string): BucketAddress {
  const scheme = SCHEME.exec(text)?.[1];
  if (scheme === 'file') return folderAddress(text);
  if (scheme !== 'gs' && scheme !== 's3') {
    throw new PromoterError(
      'UsageInvalid',
      `filestore has unsupported scheme in base ${JSON.stringify(text)}; it takes gs://, s3:// and file:///`,
    );
  }
  const [bucket = '', ...path] = text.slice(`${scheme}://`.length).split('/');
  if (!BUCKET_NAME.test(bucket)) throw wrong(text, `'${bucket}' is not the name of a bucket`);
  const parts = path.at(-1) === '' ? path.slice(0, -1) : path;
  const bad = parts.find((part) => !isPlainPart(part));
  if (bad !== undefined) throw wrong(text, `'${bad}' cannot be a part of a path`);
  const prefix = parts.map((part) => `${part}/`).join('');
  return { scheme, bucket, prefix, base: `${scheme}://${bucket}/${prefix}` };
}

/**
 * Says why a text cannot name a file below a base, or undefined when it can. Such a name means the same object to every
 * kind of bucket, and stays below the base: relative, no `.` or `..`, no empty part, no control character, no backslash.
 */
export function nameProblem(name: string): string | undefined {
  if (name.startsWith('/')) return 'it is absolute';
  if (Buffer.byteLength(name) > 1024) return 'it is longer than 1024 bytes';
  const parts = name.split('/');
  if (parts.includes('')) return 'a part of it is empty';
  if (parts.includes('..') || parts.includes('.')) return "'.' and '..' are not allowed in it";
  return parts.every(isPlainPart) ? undefined : 'it holds a backslash or a control character';
}

function isPlainPart(part: string): boolean {
  return part !== '' && part !== '.' && part !== '..' && !/[\\\p{Cc}\p{Zl}\p{Zp}]/u.test(part) && part.isWellFormed();
}

function folderAddress(text: string): BucketAddress {
  try {
    const folder = fileURLToPath(text.endsWith('/') ? text : `${text}/`);
    return { scheme: 'file', bucket: folder, prefix: '', base: text.endsWith('/') ? text : `${text}/` };
  } catch (error) {
    throw wrong(text, messageOf(error), error);
  }
}

function wrong(text: string, why: string, cause?: unknown): PromoterError {
  return new PromoterError('UsageInvalid', `the base ${JSON.stringify(text)} cannot be used: ${why}`, { cause });
}
