import type { ApprovalRule } from '../gate/approval-rule.ts';
import type { FreezeWindow } from '../gate/freeze-calendar.ts';
import type { GitSource } from '../manifest/git-source.ts';
import type { PhaseName } from './messages.ts';

/**
 * What starts a promotion: plain JSON, so that any client can write it by hand. Nothing in it is secret.
 * Durations are texts such as `24 hours`, or milliseconds.
 */
export interface PromotionRequest {
  /** Digest of a manifest bundle in the plan store (`promoter manifest upload` prints it); this, or `git`. */
  readonly manifests?: string;
  /** Where Setup takes the manifests from itself. */
  readonly git?: GitSource;
  /** Without it the run ends after Validate and nothing is written. */
  readonly confirm?: boolean;
  /** Anything that would be quarantined fails the run before a byte is written. */
  readonly strict?: boolean;
  /** Take thin manifests as kpromo does, without the checks that only plain ones get there. */
  readonly lenient?: boolean;
  /** Sign and attest what is promoted; on unless it says `false`. */
  readonly sign?: boolean;
  /** Sign and attest what was promoted before and is not known to be signed, too. */
  readonly signExisting?: boolean;
  /** Signed along with every image. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** What build provenance a staging image needs where its manifest does not say; `warn` unless given. */
  readonly provenance?: 'off' | 'warn' | 'require';
  /** What provenance has to say where a manifest has no policy of its own; what is absent does not restrict. */
  readonly provenanceRules?: ProvenanceRules;
  /** Whose signatures and provenance count on staging images; kpromo's defaults unless given. */
  readonly signatures?: SignatureRules;
  /** Refuse staging images without a signature. */
  readonly requireSignatures?: boolean;
  /** Refuse staging images with known vulnerabilities. */
  readonly vulnerabilities?: VulnerabilityGate;
  /** Wait for an operator when a phase fails (the default), or end the run. */
  readonly onPhaseFailure?: 'hold' | 'fail';
  /** How long a held phase waits before the run fails; 24 hours unless given. */
  readonly holdTimeout?: string | number;
  /** The commit the manifests come from, for the record. */
  readonly commit?: string;
  /** Digest of a list of edges in the plan store: only these are worked on. */
  readonly only?: string;
  /** Who has to let the run promote; workers may be configured to want more. */
  readonly approval?: ApprovalRule;
  /** How long the run waits for that; 24 hours unless given. */
  readonly approvalTimeout?: string | number;
  /** Times in which nothing is promoted, beside those that the workers are configured with. */
  readonly freeze?: readonly FreezeWindow[];
  /** Why the run promotes in spite of a freeze. */
  readonly overrideFreeze?: string;
  /** Changes to the policy table for this run. */
  readonly policies?: Partial<Record<PhaseName, PolicyChange>>;
}

/** Builders, source repositories and predicate types that build provenance may name. */
export interface ProvenanceRules {
  readonly builders?: readonly string[];
  readonly sources?: readonly string[];
  readonly predicateTypes?: readonly string[];
}

/** cosign's flags of these names: an identity and its issuer, exactly or by a pattern for all of it. */
export interface SignatureRules {
  readonly certificateIdentity?: string;
  readonly certificateIdentityRegexp?: string;
  readonly certificateOidcIssuer?: string;
  readonly certificateOidcIssuerRegexp?: string;
}

/** When known vulnerabilities keep an image back. */
export interface VulnerabilityGate {
  /** From which severity on: 1 minimal, 2 low, 3 medium, 4 high, 5 critical; 0 turns the gate off. */
  readonly threshold: number;
  /** What an image gets that nobody has scanned; `warn` unless given. */
  readonly unscanned?: 'pass' | 'warn' | 'quarantine';
  /** Count findings without a fix too. */
  readonly includeUnfixable?: boolean;
}

/** What a request may change in a phase's row of the policy table. */
export interface PolicyChange {
  readonly attempts?: number;
  readonly firstRetry?: string | number;
  readonly longestRetry?: string | number;
  readonly heartbeat?: string | number;
  readonly timeout?: string | number;
  /** Rounds over what failed inside shards that otherwise succeeded. */
  readonly residueRounds?: number;
}
