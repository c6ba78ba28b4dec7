import { defineUpdate } from '@temporalio/workflow';
import type { CeilingChange } from './budget-messages.ts';
import type { Claimed } from './steering-report.ts';

/** What an accepted pause or its end answers. */
export interface PauseReceipt {
  readonly paused: boolean;
}

/** An edge, as reports name it, and who wants it kept back or given free. */
export interface EdgeOrder extends Claimed {
  readonly edge: string;
}

/** What keeping an edge back came to. */
export interface QuarantineReceipt {
  readonly edge: string;
  /** Edges of the plan that are kept back: several where the name has no tag, and the digest gets more than one. */
  readonly withheld: number;
  /** Edges that it names as well, and that are in production already. */
  readonly present: number;
}

/** What giving an edge free answers. */
export interface ReleaseReceipt {
  readonly edge: string;
}

/** A new ceiling for one of the run's registries; `null` gives back what the workers are configured with. */
export interface BudgetChange extends CeilingChange {
  readonly host: string;
}

export const pausePromotion = defineUpdate<PauseReceipt, [Claimed | undefined]>('pausePromotion');
export const resumePromotion = defineUpdate<PauseReceipt, [Claimed | undefined]>('resumePromotion');
export const quarantineEdge = defineUpdate<QuarantineReceipt, [EdgeOrder]>('quarantineEdge');
export const releaseEdge = defineUpdate<ReleaseReceipt, [EdgeOrder]>('releaseEdge');
export const setBudget = defineUpdate<BudgetChange, [BudgetChange]>('setBudget');

/** A registry to promote to besides those that the manifests name, and who wants that. */
export interface DestinationOrder extends Claimed {
  /** `host[:port]/path`, as manifests name it. */
  readonly destination: string;
  /** The destination of the manifests, or the prefix of several, that it is to be like; one that all of them name unless given. */
  readonly like?: string;
}

/** What adding a destination came to. */
export interface DestinationReceipt {
  readonly destination: string;
  /** The plan for it alone. */
  readonly plan: string;
  /** Edges of that plan with something to do. */
  readonly edges: number;
}

export const addDestination = defineUpdate<DestinationReceipt, [DestinationOrder]>('addDestination');

/** Who lets a run promote, as they say themselves, and which plan they mean. */
export interface ApprovalClaim {
  readonly by: string;
  readonly reason?: string;
  /** Its digest; whatever plan the run has unless given. */
  readonly plan?: string;
}

/** Who approved which plan. */
export interface ApprovalReceipt {
  readonly by: string;
  readonly plan: string;
}

export const approve = defineUpdate<ApprovalReceipt, [ApprovalClaim]>('approve');
export const overrideFreeze = defineUpdate<{ readonly overridden: true }, [Claimed]>('overrideFreeze');
