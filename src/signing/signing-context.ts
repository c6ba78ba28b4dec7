import type { AttachedSignature } from './attached-signature.ts';
import type { AttachmentLocks } from './attachment-locks.ts';
import type { Limits } from './limits.ts';
import type { PushReferrer, SigningRegistry } from './port.ts';
import type { Signer } from './signer.ts';
import type { TrustRoot } from './trust-root.ts';
import type { Witnesses } from './witnesses.ts';

/** What attaching to images takes, whoever signs. Locks are one set per process. */
export interface AttachContext {
  readonly registry: SigningRegistry;
  readonly pushReferrer: PushReferrer;
  readonly locks: AttachmentLocks;
}

/** What signing images takes. One for a whole run, so that certificate and limits are shared. */
export interface SigningContext extends AttachContext {
  readonly signer: Signer;
  readonly witnesses: Witnesses;
  /** Judges what is there before signing, and what was written after. */
  readonly trust: TrustRoot;
  readonly limits: Limits;
  /** Told of every signature and attestation of ours that has been made, or has been found to be there. */
  readonly onAttached?: (attached: AttachedSignature) => void;
}
