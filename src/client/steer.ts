import { loadConfig } from '../config.ts';
import type { Claimed } from '../workflows/steering-report.ts';
import {
  addDestination,
  approve,
  overrideFreeze,
  pausePromotion,
  quarantineEdge,
  releaseEdge,
  resumePromotion,
} from '../workflows/steering-messages.ts';
import { writeJsonResult } from './json-result.ts';
import type { CommandOutput } from './output.ts';
import { conductRun } from './run-conduct.ts';
import { readPromotion } from './run-status.ts';
import { operatorName, sendUpdate, type RunUpdate } from './run-update.ts';
import { withSession } from './session-loop.ts';
import type { ApproveOptions, DestinationOptions, SteerOptions } from './steer-command.ts';
import { counted } from './units.ts';

/** Pauses a run. @throws PromoterError as {@link steerRun} does */
export async function runPause(id: string, options: SteerOptions, output: CommandOutput): Promise<void> {
  const update = { update: pausePromotion, argument: claimOf(options), verb: 'pause' };
  await steerRun(id, update, options, output, () => `paused ${id}; go on with: promoter resume '${id}'`);
}

/** Resumes a run, and follows it. @throws PromoterError as {@link steerRun} does */
export async function runResume(id: string, options: SteerOptions, output: CommandOutput): Promise<void> {
  const update = { update: resumePromotion, argument: claimOf(options), verb: 'resume' };
  await steerAndFollow(id, update, options, output, () => 'goes on');
}

/** Lets a run promote, and follows it. @throws PromoterError as {@link steerRun} does */
export async function runApprove(id: string, options: ApproveOptions, output: CommandOutput): Promise<void> {
  const { by = operatorName(), reason, plan } = options;
  const argument = { by, ...(reason === undefined ? {} : { reason }), ...(plan === undefined ? {} : { plan }) };
  const update = { update: approve, argument, verb: 'approve' };
  await steerAndFollow(id, update, options, output, (answer) => `approved by ${answer.by}: the plan ${answer.plan}`);
}

/** Lets a run promote in spite of a freeze, and follows it. @throws PromoterError as {@link steerRun} does */
export async function runOverrideFreeze(id: string, options: SteerOptions, output: CommandOutput): Promise<void> {
  const update = { update: overrideFreeze, argument: claimOf(options), verb: 'override' };
  await steerAndFollow(id, update, options, output, () => 'promotes in spite of the freeze');
}

/** Keeps an edge back. @throws PromoterError as {@link steerRun} does */
export async function runQuarantine(
  id: string,
  edge: string,
  options: SteerOptions,
  output: CommandOutput,
): Promise<void> {
  const argument = { edge, ...claimOf(options) };
  await steerRun(id, { update: quarantineEdge, argument, verb: 'keep back' }, options, output, (answer) => {
    const late = answer.present === 0 ? '' : `; ${counted(answer.present, 'other')} had arrived already`;
    return `${counted(answer.withheld, 'edge')} of ${id} kept back: ${answer.edge}${late}`;
  });
}

/** Gives an edge free. @throws PromoterError as {@link steerRun} does */
export async function runRelease(
  id: string,
  edge: string,
  options: SteerOptions,
  output: CommandOutput,
): Promise<void> {
  const update = { update: releaseEdge, argument: { edge, ...claimOf(options) }, verb: 'give free' };
  await steerRun(id, update, options, output, (answer) => `${answer.edge} is promoted after all`);
}

/** Has a run promote to one registry more. @throws PromoterError as {@link steerRun} does */
export async function runAddDestination(
  id: string,
  destination: string,
  options: DestinationOptions,
  output: CommandOutput,
): Promise<void> {
  const like = options.like === undefined ? {} : { like: options.like };
  const argument = { destination, ...like, ...claimOf(options) };
  const update = { update: addDestination, argument, verb: 'add a destination to' };
  await steerRun(id, update, options, output, (answer) => {
    return `${answer.destination} is added to ${id}: ${counted(answer.edges, 'edge')} to promote there`;
  });
}

/** Who steers, and why, as the run records it. */
export function claimOf({ by, reason }: SteerOptions): Claimed {
  return { by: by ?? operatorName(), ...(reason === undefined ? {} : { reason }) };
}

/**
 * Sends an Update to a run and prints what it answered.
 *
 * @param sentence the answer, for people
 * @throws PromoterError `RunUnknown`, `UsageInvalid` when the run refuses it, and what opening a session throws
 */
export async function steerRun<R extends object, A>(
  id: string,
  update: RunUpdate<R, A>,
  options: SteerOptions,
  output: CommandOutput,
  sentence: (answer: R) => string,
): Promise<void> {
  const config = await loadConfig(options);
  const onNote = (note: string): void => void output.stderr.write(`${note}\n`);
  const { answer, run } = await withSession(config, { worker: true, onNote }, async (session) => {
    const status = await readPromotion(session, id);
    return { answer: await sendUpdate(session, status, update, onNote), run: status };
  });
  output.setExitCode(0);
  if (options.json !== true) output.stdout.write(`${sentence(answer)}\n`);
  else await writeJsonResult(output.stdout, { workflowId: run.workflowId, runId: run.runId, ...answer });
}

/** A run that goes on with an Update is followed: self-contained, it would stop with the command. */
async function steerAndFollow<R extends object, A>(
  id: string,
  update: RunUpdate<R, A>,
  options: SteerOptions,
  output: CommandOutput,
  sentence: (answer: R) => string,
): Promise<void> {
  const conduct = { output, json: options.json === true, ui: false, stopAtHold: true };
  await conductRun(await loadConfig(options), conduct, async (session, note) => {
    const status = await readPromotion(session, id);
    note(`${id}: ${sentence(await sendUpdate(session, status, update, note))}`);
    return { workflowId: status.workflowId, runId: status.runId };
  });
}
