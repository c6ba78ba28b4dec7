import type { Descriptor } from '../registry/registry.ts';
import type { LogRecord } from './log-record.ts';
import type { SignerIdentity } from './signer.ts';
import type { Statement } from './statement.ts';

/** How something is attached: a layer under the tag `.sig` or `.att`, or a bundle as a referrer. */
export type AttachmentFormat = 'sig-tag' | 'att-tag' | 'bundle';

/**
 * `verified`: by somebody we accept, and it says what we asked for; `untrusted-identity`: in order, but by somebody else;
 * `invalid`: something about it is wrong; `unverifiable`: it lacks what verifying it would take.
 */
export type VerdictStatus = 'verified' | 'untrusted-identity' | 'invalid' | 'unverifiable';

/** What was found of one signature or attestation. JSON as it is. */
export interface SignatureVerdict {
  readonly format: AttachmentFormat;
  readonly kind: 'signature' | 'attestation';
  /** The layer (`sig-tag`, `att-tag`) or the manifest (`bundle`) that holds it. */
  readonly descriptor: Pick<Descriptor, 'mediaType' | 'digest' | 'size'>;
  readonly status: VerdictStatus;
  /** One sentence for people. */
  readonly reason: string;
  readonly signer?: SignerIdentity;
  readonly log: readonly LogRecord[];
  /** What a legacy signature says under which name the image is pulled. */
  readonly dockerReference?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What an attestation calls itself; to be believed only together with `statement`. */
  readonly predicateType?: string;
  /** Only when the signature over it holds, by whomever. */
  readonly statement?: Statement;
}
