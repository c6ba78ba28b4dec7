import { PromoterError } from '../errors.ts';
import { isDigest } from '../reference.ts';
import type { Digest } from '../reference.ts';
import { isRecord, textsIn } from './json-value.ts';
import type { JsonRecord } from './json-value.ts';

/** What a legacy signature claims (containers/image, docs/containers-signature.5.md). */
export interface SignatureClaims {
  /** The reference under which users are to pull the image. */
  readonly dockerReference: string;
  readonly digest: Digest;
  readonly annotations: Readonly<Record<string, string>>;
}

const CLAIM_TYPE = 'cosign container image signature';

/** The bytes that cosign signs for these claims: Go's JSON, keys sorted, no annotations written as `null`. */
export function simpleSigningPayload({ dockerReference, digest, annotations }: SignatureClaims): Buffer {
  const critical = {
    identity: { 'docker-reference': dockerReference },
    image: { 'docker-manifest-digest': digest },
    type: CLAIM_TYPE,
  };
  const text = `{"critical":${JSON.stringify(critical)},"optional":${sortedObject(annotations)}}`;
  return Buffer.from(text.replace(/[<>&\u2028\u2029]/g, escapeLikeGo), 'utf8');
}

/** Written by hand because an object would put names that are numbers first. */
function sortedObject(annotations: Readonly<Record<string, string>>): string {
  const names = Object.keys(annotations).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  if (names.length === 0) return 'null';
  return `{${names.map((name) => `${JSON.stringify(name)}:${JSON.stringify(annotations[name])}`).join(',')}}`;
}

/** Go's encoder writes these five so that JSON may stand inside HTML (encoding/json, `HTMLEscape`). */
function escapeLikeGo(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * Reads the payload of a legacy signature that somebody else wrote.
 *
 * @throws PromoterError `SignatureInvalid` saying what is wrong with it
 */
export function parseSimpleSigning(payload: Uint8Array): SignatureClaims {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch (error) {
    throw new PromoterError('SignatureInvalid', 'its payload is not JSON', { cause: error });
  }
  const critical = record(record(parsed)['critical']);
  if (critical['type'] !== CLAIM_TYPE) throw new PromoterError('SignatureInvalid', 'its payload is of another type');
  const digest = record(critical['image'])['docker-manifest-digest'];
  const dockerReference = record(critical['identity'])['docker-reference'];
  if (typeof digest !== 'string' || !isDigest(digest) || typeof dockerReference !== 'string') {
    throw new PromoterError('SignatureInvalid', 'its payload names no image');
  }
  const annotations = textsIn(record(record(parsed)['optional'] ?? {}));
  return { dockerReference, digest, annotations };
}

function record(value: unknown): JsonRecord {
  if (isRecord(value)) return value;
  throw new PromoterError('SignatureInvalid', 'its payload is not built as a container signature is');
}

/** Whether all wanted annotations are among those found, with the same values. */
export function includesAnnotations(
  found: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted).every(([name, value]) => Object.hasOwn(found, name) && found[name] === value);
}
