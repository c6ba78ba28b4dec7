import { defineQuery, defineUpdate } from '@temporalio/workflow';
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

/** What a run works through: an index of shards in the plan store. */
export interface Worklist {
  readonly digest: string;
  readonly shards: number;
}

/** A destination that an operator added to a run, with the plan for it alone. */
export interface AddedDestination extends Claimed {
  readonly destination: string;
  /** The destination of the manifests that it was said to be like. */
  readonly like?: string;
  readonly since: number;
  readonly plan: PlanReference;
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
  /** Destinations that operators added, and the plan of the run with theirs behind it. */
  readonly added?: { readonly worklist: Worklist; readonly destinations: readonly AddedDestination[] };
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
