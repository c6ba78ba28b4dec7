import { ApplicationFailure } from '@temporalio/workflow';
import type { PhaseContext } from './phase-context.ts';
import { activitiesOf, policyOf } from './policies.ts';
import { sweep, type SweepState } from './sweep.ts';

const WARNINGS_SHOWN = 100;

/** Provenance and Validate: every staging digest of the plan is decided on, shard by shard. */
export async function runVerification(
  phase: 'provenance' | 'validate',
  { run, setup, worklist, board, brake, turnover }: PhaseContext,
  state: SweepState,
): Promise<'done' | 'continue'> {
  const { request } = setup;
  if (phase === 'provenance' && !setup.provenance) {
    board.mark(phase, 'done', { note: 'off' });
    return 'done';
  }
  const policy = policyOf(phase, request.policies?.[phase]);
  const input = { run, index: worklist.digest, request };
  let refused = 0;
  const outcome = await sweep(
    state,
    { lanes: policy.lanes, brake, turnover },
    (shard) => {
      const activities = activitiesOf(policy, `${phase} ${shard + 1}/${state.total}`);
      return phase === 'provenance'
        ? activities.verifyProvenance({ ...input, shard })
        : activities.validateShard({ ...input, shard });
    },
    (result) => {
      const { checked, quarantined, warnings } = result;
      board.slowed(result);
      const known = board.read().verified?.[phase] ?? { checked: 0, quarantined: 0 };
      const verified = { checked: known.checked + checked, quarantined: known.quarantined + quarantined };
      refused += quarantined;
      board.update({
        verified: { ...board.read().verified, [phase]: verified },
        warnings: [...board.read().warnings, ...warnings].slice(0, WARNINGS_SHOWN),
      });
      board.mark(phase, 'running', { shards: { done: state.done, total: state.total } });
    },
  );
  if (outcome === 'continue') return 'continue';
  const { checked, quarantined } = board.read().verified?.[phase] ?? { checked: 0, quarantined: 0 };
  if (quarantined > 0) {
    const { gatherQuarantine } = activitiesOf(policy, 'list the quarantine');
    board.update({ quarantine: await brake.run(() => gatherQuarantine({ run })) });
    if (request.strict === true) throw rejected(phase, board.read().quarantine.samples[0]?.message);
  }
  board.mark(phase, 'done', { note: `${checked - quarantined} of ${checked} digests pass` });
  return 'done';
}

function rejected(phase: string, sample: string | undefined): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `strict: nothing is promoted, since ${phase} refuses an image: ${sample}`,
    'PlanRejected',
  );
}
