import {
  ApplicationFailure,
  CancellationScope,
  continueAsNew,
  isCancellation,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { CheckedRequest } from '../activities/request.ts';
import type { SetupResult } from '../activities/setup.ts';
import { BLANK_REPORT, createBoard, type Board } from './board.ts';
import { attachOperator, type Operator } from './hold.ts';
import {
  report,
  type CopyCounts,
  type PhaseName,
  type PlanReference,
  type PromotionReport,
  type PromotionRequest,
} from './messages.ts';
import { runOrHold, type FailureHandling } from './phase.ts';
import { activityOptions, policyOf, type PhasePolicy } from './policies.ts';
import { newSweep, sweep, type SweepState } from './sweep.ts';

/** What a run hands to the one that continues it: references and counts, never the plan. */
export interface PromotionState {
  readonly report: PromotionReport;
  readonly setup: SetupResult;
  readonly plan: PlanReference;
  readonly promote: PromoteState;
}

interface PromoteState {
  /** The plan, or the residue of the round before. */
  index: string;
  round: number;
  sweep: SweepState;
}

const HOLD_TIMEOUT = '24 hours';

/**
 * Promotes what manifests ask for: Setup → Plan → Promote, one after the other, each retried and held on its own.
 *
 * @returns the report; edges that could not be promoted are in its quarantine
 * @throws ApplicationFailure when a phase fails and is not held, is aborted, or nobody decides in time
 */
export async function promotion(request: PromotionRequest, continued?: PromotionState): Promise<PromotionReport> {
  const board = createBoard(continued?.report ?? BLANK_REPORT);
  setHandler(report, () => board.read(), { description: 'Phases, edges, quarantine and hold of this run' });
  const scope = new CancellationScope();
  const operator = attachOperator(board, scope);
  try {
    return await scope.run(() => runPhases(request, continued, board, operator));
  } catch (error) {
    const reason = operator.aborted();
    if (reason !== undefined && isCancellation(error)) {
      throw ApplicationFailure.nonRetryable(`aborted by an operator: ${reason}`, 'PhaseAborted');
    }
    throw error;
  } finally {
    await CancellationScope.nonCancellable(() => operator.settle());
  }
}

async function runPhases(
  request: PromotionRequest,
  continued: PromotionState | undefined,
  board: Board,
  operator: Operator,
): Promise<PromotionReport> {
  const run = workflowInfo().firstExecutionRunId;
  let handling: FailureHandling = { onPhaseFailure: request?.onPhaseFailure ?? 'hold', holdTimeout: HOLD_TIMEOUT };
  const phase = async <T>(name: PhaseName, body: () => Promise<T>): Promise<T> => {
    const outcome = await runOrHold(name, handling, board, operator, body);
    if (outcome === 'skipped') throw ApplicationFailure.nonRetryable(`${name} cannot be skipped`, 'PhaseAborted');
    return outcome;
  };

  const setup = continued?.setup ?? (await phase('setup', () => runSetup(request, board)));
  handling = { ...handling, holdTimeout: setup.request.holdTimeout ?? HOLD_TIMEOUT };
  const plan = continued?.plan ?? (await phase('plan', () => runPlan(run, setup, board)));
  if (setup.request.confirm !== true) return finish(board, 'dry-run');

  const state = continued?.promote ?? { index: plan.digest, round: 0, sweep: newSweep(plan.shards) };
  const promoted = await phase('promote', () => runPromote(run, setup.request, state, board));
  if (promoted === 'continue') {
    await operator.settle();
    return continueAsNew<typeof promotion>(request, { report: board.read(), setup, plan, promote: state });
  }
  return finish(board, board.read().quarantine.edges > 0 ? 'quarantined' : 'done');
}

async function runSetup(request: PromotionRequest, board: Board): Promise<SetupResult> {
  const { setup } = activitiesOf(policyOf('setup'), 'check the request, greet the registries');
  const result = await setup({ request });
  const { manifests, destinations, broken, warnings } = result;
  board.update({
    manifests,
    destinations,
    warnings: [...warnings, ...broken.map(({ message }) => message)],
  });
  const unusable = broken.length === 0 ? '' : `; cannot be used: ${broken.map(({ host }) => host).join(', ')}`;
  board.mark('setup', 'done', { note: `${manifests.edges} edges in ${manifests.files} files${unusable}` });
  return result;
}

async function runPlan(run: string, { request, broken }: SetupResult, board: Board): Promise<PlanReference> {
  const policy = policyOf('plan', request.policies?.plan);
  const draft = await activitiesOf(policy, 'draft from the manifests').draftPlan({ run, request });
  const state = newSweep(draft.shards);
  // A draft's shards are few (some fifty for 1,350 repositories on 20 mirrors), and the next run would start it anew.
  await sweep(
    state,
    policy.lanes,
    (shard) =>
      activitiesOf(policy, `read ${shard + 1}/${draft.shards}`).judgeShard({ run, index: draft.index, shard, broken }),
    () => board.mark('plan', 'running', { shards: { done: state.done, total: draft.shards } }),
    false,
  );
  const { plan, warnings } = await activitiesOf(policy, 'write the plan').assemblePlan({
    run,
    strict: request.strict === true,
    probe: request.confirm === true,
  });
  const quarantine = await activitiesOf(policy, 'list the quarantine').gatherQuarantine({ run });
  board.update({
    plan,
    quarantine,
    warnings: [...board.read().warnings, ...draft.warnings, ...warnings].slice(0, 100),
  });
  board.mark('plan', 'done', { note: `${plan.edges} edges to promote in ${plan.shards} shards` });
  return plan;
}

async function runPromote(
  run: string,
  request: CheckedRequest,
  state: PromoteState,
  board: Board,
): Promise<'done' | 'continue'> {
  const policy = policyOf('promote', request.policies?.promote);
  for (;;) {
    const { index, round } = state;
    const { total } = state.sweep;
    const label = round === 0 ? 'promote' : `round ${round + 1},`;
    const outcome = await sweep(
      state.sweep,
      policy.lanes,
      (shard) => activitiesOf(policy, `${label} ${shard + 1}/${total}`).promoteShard({ run, index, shard, round }),
      ({ counts }) => {
        board.update({ copied: addCounts(board.read().copied, counts) });
        board.mark('promote', 'running', { shards: { done: state.sweep.done, total } });
      },
    );
    if (outcome === 'continue') return 'continue';
    if (await settleResidue(run, policy, state, board)) break;
  }
  const { copied } = board.read();
  board.mark('promote', 'done', { note: `${copied.edges} edges copied, ${copied.present} found there` });
  return 'done';
}

/** Takes care of what a round left; whether that was the last of it. */
async function settleResidue(run: string, policy: PhasePolicy, state: PromoteState, board: Board): Promise<boolean> {
  if (state.sweep.total === 0) return true;
  const { round } = state;
  const left = await activitiesOf(policy, 'look at what failed').gatherResidue({ run, round });
  if (left.shards > 0 && round < policy.residue.rounds) {
    const pause = Math.min(policy.residue.first * 4 ** round, policy.residue.longest);
    board.mark('promote', 'running', { note: `${left.edges} edges to try again: ${left.reason}` });
    await sleep(Math.max(pause, (left.retryAt ?? 0) - Date.now()), {
      summary: `wait before trying ${left.edges} edges again`,
    });
    Object.assign(state, { index: left.index, round: round + 1, sweep: newSweep(left.shards) });
    return false;
  }
  if (left.shards > 0) {
    const { edges, present } = board.read().copied;
    if (edges + present === 0 && left.quarantined === 0) {
      Object.assign(state, { index: left.index, round: 0, sweep: newSweep(left.shards) });
      throw ApplicationFailure.nonRetryable(
        `no destination could be written to; ${left.edges} edges wait: ${left.reason}`,
        'NothingPromoted',
      );
    }
    await activitiesOf(policy, 'give up what keeps failing').quarantineResidue({ run, round });
  }
  board.update({ quarantine: await activitiesOf(policy, 'list the quarantine').gatherQuarantine({ run }) });
  return true;
}

function finish(board: Board, outcome: 'dry-run' | 'done' | 'quarantined'): PromotionReport {
  board.update({ outcome });
  return board.read();
}

function activitiesOf(policy: PhasePolicy, summary: string): Activities {
  return proxyActivities<Activities>(activityOptions(policy, summary));
}

function addCounts(a: CopyCounts, b: CopyCounts): CopyCounts {
  return {
    edges: a.edges + b.edges,
    present: a.present + b.present,
    manifests: a.manifests + b.manifests,
    blobs: a.blobs + b.blobs,
    mounted: a.mounted + b.mounted,
    bytes: a.bytes + b.bytes,
  };
}
