import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { GitSource } from '../manifest/git-source.ts';
import type { ApprovalRule } from '../gate/approval-rule.ts';
import type { FreezeWindow } from '../gate/freeze-calendar.ts';
import type { QuarantinedEdge } from '../plan/quarantine.ts';
import type { VerdictCounts } from '../plan/verdict.ts';

import type { Approval, Claimed, WithheldEdge } from './steering-report.ts';

export type { ApprovalRule } from '../gate/approval-rule.ts';
export type { QuarantinedEdge } from '../plan/quarantine.ts';
export type { VerdictCounts } from '../plan/verdict.ts';

/** The phases of a promotion, in their order. They never overlap. */
export const PHASES = ['setup', 'plan', 'provenance', 'validate', 'promote', 'sign', 'attest'] as const;
export type PhaseName = (typeof PHASES)[number];

/** The queue that promotion workers poll unless they are told otherwise. */
export const PROMOTION_TASK_QUEUE = 'promotion';

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

export type PhaseState = 'pending' | 'waiting' | 'running' | 'held' | 'done' | 'skipped' | 'failed';

/** The phase that runs, is held or waits, while a run is under way. */
export function currentPhase({ phases }: Pick<PromotionReport, 'phases'>): PhaseName | undefined {
  return phases.find(({ state }) => state === 'running' || state === 'held' || state === 'waiting')?.name;
}

/** One row of the table that the UI and the command line show. Times are milliseconds since the epoch. */
export interface PhaseRow {
  readonly name: PhaseName;
  readonly state: PhaseState;
  readonly startedAt?: number;
  readonly endedAt?: number;
  /** Shards finished, and how many there are. */
  readonly shards?: { readonly done: number; readonly total: number };
  /** One line for people: counts, or why it is held. */
  readonly note?: string;
}

/** A plan in the plan store: an index of shards, none of which ever changes. */
export interface PlanReference {
  readonly digest: string;
  readonly shards: number;
  /** Edges in the shards: those with something to do. */
  readonly edges: number;
  readonly verdicts: VerdictCounts;
  /** Hosts that will be written to. */
  readonly hosts: readonly string[];
}

/** What was written, or found to be there already when it was about to be. */
export interface CopyCounts {
  readonly edges: number;
  readonly present: number;
  readonly manifests: number;
  readonly blobs: number;
  readonly mounted: number;
  readonly bytes: number;
}

/** What was signed and attested, counted over identities and digests, and given to mirrors. */
export interface SignatureCounts {
  readonly signed: number;
  readonly attested: number;
  /** Carried a valid signature or attestation by us already. */
  readonly valid: number;
  readonly handed: number;
  /** Destinations that could not be given what the canonical repository has. */
  readonly failed: number;
}

/** How a run ended; the first five are what the query `report` says on the way. */
export type Outcome =
  'running' | 'held' | 'paused' | 'awaiting-approval' | 'frozen' | 'done' | 'dry-run' | 'quarantined' | 'failed';

/** The result of a promotion and the answer to the query `report`: small, with references to the rest. */
export interface PromotionReport {
  readonly outcome: Outcome;
  readonly phases: readonly PhaseRow[];
  readonly destinations: readonly string[];
  /** The commit that the manifests are from, where that is known. */
  readonly commit?: string;
  /** The registry hosts that the run reads or writes, once Setup has greeted them. */
  readonly hosts?: readonly string[];
  readonly manifests?: {
    /** Their digest in the plan store. */
    readonly bundle: string;
    readonly files: number;
    readonly images: number;
    readonly digests: number;
    readonly edges: number;
  };
  readonly plan?: PlanReference;
  readonly copied: CopyCounts;
  /** Staging digests that were decided on before anything was copied. */
  readonly verified?: Partial<
    Record<'provenance' | 'validate', { readonly checked: number; readonly quarantined: number }>
  >;
  readonly signatures?: SignatureCounts;
  readonly quarantine: {
    readonly edges: number;
    /** The first few; the rest is in the plan store under `list`. */
    readonly samples: readonly QuarantinedEdge[];
    readonly list?: string;
  };
  readonly warnings: readonly string[];
  /** Hosts that answered 429: how often, and when that was last heard of. */
  readonly throttled?: Readonly<Record<string, { readonly answers: number; readonly at: number }>>;
  /** Set while a phase is held. */
  readonly hold?: { readonly phase: PhaseName; readonly reason: string; readonly since: number };
  /** Set while an operator keeps the run from working. */
  readonly pause?: Claimed & { readonly since: number };
  /** Set once the run has come to where it needs an approval. */
  readonly approval?: Approval;
  /** Set while the run waits for the end of a freeze; times are milliseconds since the epoch. */
  readonly freeze?: { readonly since: number; readonly until: number; readonly reason?: string };
  /** Who had the run promote in spite of a freeze, and why. */
  readonly freezeOverride?: Claimed;
  /** What operators keep back, and by digest where the activities find it. */
  readonly withheld?: { readonly list: string; readonly orders: readonly WithheldEdge[] };
}

/** What the three operator Updates take; empty data means the phase that is held. */
export interface Decision extends Claimed {
  readonly phase?: PhaseName;
}

/** What an accepted decision answers. */
export interface DecisionReceipt {
  readonly phase: PhaseName;
  readonly action: 'retry' | 'skip' | 'abort';
}

export const retryPhase = defineUpdate<DecisionReceipt, [Decision | undefined]>('retryPhase');
export const skipPhase = defineUpdate<DecisionReceipt, [Decision | undefined]>('skipPhase');
export const abortPromotion = defineUpdate<DecisionReceipt, [Decision | undefined]>('abortPromotion');
export const report = defineQuery<PromotionReport>('report');
