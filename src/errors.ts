import { withoutControls } from './printable.ts';

/**
 * Everything that can go wrong, as a closed list. Callers decide by code, people read the message.
 *
 * `Registry*` codes come from an OCI registry, `Signing*` from Fulcio, a log or a timestamp authority, `Store*` from the
 * plan store, `Bucket*` from where files are kept. {@link isTransient} says which of them a retry can cure.
 */
export type ErrorCode =
  | 'UsageInvalid'
  | 'ConfigInvalid'
  | 'RequestInvalid'
  | 'ManifestInvalid'
  | 'PlanRejected'
  | 'RegistryUnauthorized'
  | 'RegistryDenied'
  | 'RegistryNotFound'
  | 'RegistryThrottled'
  | 'RegistryUnavailable'
  | 'RegistryRefused'
  | 'RegistryProtocol'
  | 'DigestMismatch'
  | 'SourceLost'
  | 'StoreUnavailable'
  | 'StoreCorrupt'
  | 'BucketDenied'
  | 'BucketNotFound'
  | 'BucketUnavailable'
  | 'BucketRefused'
  | 'FileConflict'
  | 'IdentityUnavailable'
  | 'SigningUnavailable'
  | 'SigningRefused'
  | 'SignatureInvalid'
  | 'TrustRootInvalid'
  | 'ProgramMissing'
  | 'StackFailed'
  | 'TemporalUnavailable'
  | 'GitUnavailable'
  | 'GitHubRefused'
  | 'NotificationFailed'
  | 'NotificationRefused'
  | 'RunConflict'
  | 'RunUnknown';

const TRANSIENT: ReadonlySet<ErrorCode> = new Set([
  'RegistryThrottled',
  'RegistryUnavailable',
  'StoreUnavailable',
  'BucketUnavailable',
  'IdentityUnavailable',
  'SigningUnavailable',
  'TemporalUnavailable',
  'NotificationFailed',
  'GitUnavailable',
]);

/** Whether the same call may succeed later without anybody changing anything. */
export function isTransient(code: ErrorCode): boolean {
  return TRANSIENT.has(code);
}

export interface PromoterErrorOptions extends ErrorOptions {
  /** How long the other side asked us to wait, in milliseconds. */
  readonly retryAfterMs?: number;
}

/**
 * An error an operator can act on: the message says what was being done, to which repository, what came back and what to
 * do now; the code says how the program treats it; `cause` keeps what happened underneath. Registries and manifests have a
 * part in messages, which go to terminals, logs and the UI: control characters do not get into one.
 */
export class PromoterError extends Error {
  override readonly name = 'PromoterError';
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: PromoterErrorOptions = {}) {
    super(withoutControls(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The text of anything that was thrown, without control characters, for use inside a longer message. */
export function messageOf(thrown: unknown): string {
  return withoutControls(thrown instanceof Error ? thrown.message : String(thrown));
}
