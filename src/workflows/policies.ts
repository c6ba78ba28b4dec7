import { proxyActivities, workflowInfo, type ActivityOptions } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { CheckedPolicyChange } from '../activities/request.ts';
import type { SetupResult } from '../activities/setup.ts';
import type { WritingName } from '../activities/writing.ts';
import type { PhaseName } from './messages.ts';
import { writingQueue } from './writing-queue.ts';

/** A time as Temporal takes it: milliseconds, or a text such as `30 seconds`. */
export type Duration = NonNullable<ActivityOptions['startToCloseTimeout']>;

/** How a phase's activities are timed out and retried, and what happens when that is used up. */
export interface PhasePolicy {
  readonly startToCloseTimeout: Duration;
  readonly heartbeatTimeout: Duration;
  readonly attempts: number;
  readonly firstRetry: Duration;
  readonly longestRetry: Duration;
  /** Whether an operator may let the run go on without the phase. */
  readonly skippable: boolean;
  /** Shards worked on at once by one run. */
  readonly lanes: number;
}

/** How Promote tries again what failed inside shards that otherwise succeeded; pauses in milliseconds, growing by four. */
export const RESIDUE = { rounds: 4, firstPause: 2_000, longestPause: 60_000 } as const;

const READING: PhasePolicy = {
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30 seconds',
  attempts: 6,
  firstRetry: '2 seconds',
  longestRetry: '2 minutes',
  skippable: false,
  lanes: 8,
};

const SIGNING: PhasePolicy = {
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30 seconds',
  attempts: 8,
  firstRetry: '5 seconds',
  longestRetry: '5 minutes',
  skippable: true,
  lanes: 4,
};

/** Every phase's policy: the one place to look. */
export const POLICIES: Readonly<Record<PhaseName, PhasePolicy>> = {
  setup: {
    startToCloseTimeout: '5 minutes',
    heartbeatTimeout: '30 seconds',
    attempts: 5,
    firstRetry: '1 second',
    longestRetry: '30 seconds',
    skippable: false,
    lanes: 1,
  },
  plan: READING,
  provenance: READING,
  validate: READING,
  promote: {
    startToCloseTimeout: '60 minutes',
    heartbeatTimeout: '30 seconds',
    attempts: 8,
    firstRetry: '2 seconds',
    longestRetry: '2 minutes',
    skippable: false,
    lanes: 8,
  },
  sign: SIGNING,
  attest: SIGNING,
};

/** A phase's policy with what the request changes in it. */
export function policyOf(phase: PhaseName, change: CheckedPolicyChange = {}): PhasePolicy {
  const policy = POLICIES[phase];
  return {
    ...policy,
    startToCloseTimeout: change.timeout ?? policy.startToCloseTimeout,
    heartbeatTimeout: change.heartbeat ?? policy.heartbeatTimeout,
    attempts: change.attempts ?? policy.attempts,
    firstRetry: change.firstRetry ?? policy.firstRetry,
    longestRetry: change.longestRetry ?? policy.longestRetry,
  };
}

/** The activities of a phase under its policy; the summary is what the UI shows of the calls. */
export function activitiesOf(policy: PhasePolicy, summary: string): Activities {
  return proxyActivities<Activities>(activityOptions(policy, summary));
}

/**
 * The activities of a phase that write. Where the worker that set the run up only reads, they are on a queue of their own,
 * for workers with the credentials.
 */
export function writingActivitiesOf(
  policy: PhasePolicy,
  summary: string,
  { writesApart = false }: Pick<SetupResult, 'writesApart'>,
): Pick<Activities, Extract<WritingName, keyof Activities>> {
  const options = activityOptions(policy, summary);
  if (!writesApart) return proxyActivities<Activities>(options);
  return proxyActivities<Activities>({ ...options, taskQueue: writingQueue(workflowInfo().taskQueue) });
}

function activityOptions(policy: PhasePolicy, summary: string): ActivityOptions {
  return {
    startToCloseTimeout: policy.startToCloseTimeout,
    heartbeatTimeout: policy.heartbeatTimeout,
    retry: {
      maximumAttempts: policy.attempts,
      initialInterval: policy.firstRetry,
      maximumInterval: policy.longestRetry,
    },
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    summary,
  };
}
