import type { ApprovalRule } from '../gate/approval-rule.ts';

/** An approval that is waited for, or that was given. */
export interface Approval {
  readonly rule: ApprovalRule;
  /** Since when it has been waited for, in milliseconds since the epoch. */
  readonly since: number;
  /** Why there is no proof yet, as GitHub says it. */
  readonly missing?: string;
  readonly given?: {
    readonly by: string;
    readonly at: number;
    /** `claimed`, or the address of what proves it. */
    readonly proof: string;
    readonly reason?: string;
  };
}

/** An edge that an operator keeps back. */
export interface WithheldEdge extends Claimed {
  /** `host/repository:tag`, `host/repository@digest` or `digest → host/repository:tag`. */
  readonly edge: string;
  readonly since: number;
}

/** Who did something and why, as they say themselves: Temporal proves neither. */
export interface Claimed {
  readonly by?: string;
  readonly reason?: string;
}

/** What a rule asks of people. */
export const APPROVAL_WANTED: Readonly<Record<ApprovalRule, string>> = {
  none: 'nothing',
  required: 'the Update approve',
  'github-review': 'an approving review of the pull request of its commit on GitHub',
  'signed-commit': 'a verified signature of its commit',
};
