import type { Digest, RepositoryName } from '../reference.ts';
import type { LogRecord } from './log-record.ts';
import type { AttachmentFormat } from './verdict.ts';

/** A signature or attestation of ours that is known to be in place and to verify. JSON as it is. */
export interface AttachedSignature {
  readonly kind: 'signature' | 'attestation';
  readonly format: AttachmentFormat;
  readonly repository: RepositoryName;
  readonly digest: Digest;
  /** The reference under which users pull the image. */
  readonly identity: string;
  /** Whether it was made now or had been there. */
  readonly outcome: 'written' | 'already-valid';
  /** Where it stands in transparency logs. */
  readonly log: readonly LogRecord[];
}
