import { PromoterError } from '../errors.ts';
import { isDigest } from '../reference.ts';
import type { Digest } from '../reference.ts';
import { isRecord, textsIn } from './json-value.ts';

/** One thing that a statement is about. */
export interface StatementSubject {
  readonly name?: string;
  readonly digest: Digest;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An in-toto statement, version 0.1 or 1, about container images (in-toto/attestation, spec/v1/statement.md). */
export interface Statement {
  readonly version: 'v0.1' | 'v1';
  /** Subjects with a SHA-256 digest; others cannot be images. */
  readonly subjects: readonly StatementSubject[];
  readonly predicateType: string;
  readonly predicate: unknown;
}

const VERSIONS: Readonly<Record<string, Statement['version']>> = {
  'https://in-toto.io/Statement/v0.1': 'v0.1',
  'https://in-toto.io/Statement/v1': 'v1',
};

/** The bytes of a version 1 statement. */
export function statementBytes(subject: StatementSubject, predicateType: string, predicate: unknown): Buffer {
  const { name, digest, annotations } = subject;
  const sha256 = digest.slice('sha256:'.length);
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [
      {
        ...(name === undefined ? {} : { name }),
        digest: { sha256 },
        ...(annotations === undefined || Object.keys(annotations).length === 0 ? {} : { annotations }),
      },
    ],
    predicateType,
    predicate,
  };
  return Buffer.from(JSON.stringify(statement), 'utf8');
}

/**
 * Reads a statement that somebody else wrote.
 *
 * @throws PromoterError `SignatureInvalid` saying what is wrong with it
 */
export function parseStatement(payload: Uint8Array): Statement {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch (error) {
    throw new PromoterError('SignatureInvalid', 'its payload is not JSON', { cause: error });
  }
  if (!isRecord(parsed)) throw new PromoterError('SignatureInvalid', 'its payload is not an in-toto statement');
  const { _type: type, subject, predicateType, predicate } = parsed;
  const version = typeof type === 'string' && Object.hasOwn(VERSIONS, type) ? VERSIONS[type] : undefined;
  if (version === undefined) {
    throw new PromoterError('SignatureInvalid', 'its payload is not an in-toto statement of version 0.1 or 1');
  }
  if (typeof predicateType !== 'string' || !Array.isArray(subject)) {
    throw new PromoterError('SignatureInvalid', 'its statement lacks a predicate type or subjects');
  }
  const subjects = subject.map(parseSubject).filter((one) => one !== undefined);
  return { version, subjects, predicateType, predicate };
}

function parseSubject(value: unknown): StatementSubject | undefined {
  if (!isRecord(value) || !isRecord(value['digest'])) return undefined;
  const digest = `sha256:${String(value['digest']['sha256'])}`;
  if (!isDigest(digest)) return undefined;
  const { name, annotations } = value;
  return {
    digest,
    ...(typeof name === 'string' ? { name } : {}),
    ...(isRecord(annotations) ? { annotations: textsIn(annotations) } : {}),
  };
}
