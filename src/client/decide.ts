import { WorkflowFailedError } from '@temporalio/client';
import { loadConfig } from '../config.ts';
import { PromoterError } from '../errors.ts';
import { abortPromotion, retryPhase, skipPhase, type PromotionReport } from '../workflows/messages.ts';
import type { PromotionRequest } from '../workflows/promotion-request.ts';
import type { DecideOptions, DecisionName } from './decide-command.ts';
import { EXIT_CODE } from './exit-code.ts';
import { writeJsonResult } from './json-result.ts';
import type { CommandOutput } from './output.ts';
import { followFiles } from './files.ts';
import { isFilesId } from './files-start.ts';
import { conductRun, type ConductOptions } from './run-conduct.ts';
import { readRequest, type RunReference } from './run-request.ts';
import { startRun } from './run-start.ts';
import { readHoldable, readPromotion, type PromotionStatus, type RunStatus } from './run-status.ts';
import { operatorName, sendUpdate } from './run-update.ts';
import { withSession } from './session-loop.ts';
import { runLink, type TemporalSession } from './temporal-session.ts';
import type { WatchOptions } from './watch-command.ts';

const UPDATES = { retry: retryPhase, skip: skipPhase, abort: abortPromotion } as const;

/** Follows a run to its end. @throws PromoterError `RunUnknown` and what opening a session throws */
export async function runWatch(id: string, options: WatchOptions, output: CommandOutput): Promise<void> {
  const config = await loadConfig(options);
  if (isFilesId(id)) {
    const waiting = { ...options, stopAtHold: false };
    return followFiles(config, waiting, output, (session) => readHoldable(session, id));
  }
  await conductRun(config, conductOptions(options, output, false), (session) => readPromotion(session, id));
}

/** Decides how a run goes on, and follows it unless that ends it. @throws PromoterError */
export async function runDecision(
  name: DecisionName,
  id: string,
  options: DecideOptions,
  output: CommandOutput,
): Promise<void> {
  const config = await loadConfig(options);
  if (name === 'abort') {
    const onNote = (note: string): void => void output.stderr.write(`${note}\n`);
    const { status: run, outcome } = await withSession(config, { worker: true, onNote }, async (session) => {
      const status = await readHoldable(session, id);
      const link = runLink(session, config.namespace, status);
      if (link !== undefined) onNote(link);
      await sendDecision(session, status, name, options.reason, onNote);
      return { status, outcome: await outcomeOf(session, status) };
    });
    output.setExitCode(EXIT_CODE.done);
    if (options.json === true) await writeJsonResult(output.stdout, { ...runOf(run), outcome, exitCode: 0 });
    else if (outcome === 'aborted') output.stdout.write(`aborted ${run.workflowId}\n`);
    else output.stdout.write(`${run.workflowId} came to its end before it was aborted: ${outcome}\n`);
    return;
  }
  if (isFilesId(id)) {
    const note = (line: string): void => void output.stderr.write(`${line}\n`);
    return followFiles(config, options, output, async (session) => {
      const status = await readHoldable(session, id);
      await sendDecision(session, status, name, options.reason, note);
      return status;
    });
  }
  await conductRun(config, conductOptions(options, output, true), async (session, note) => {
    const status = await readPromotion(session, id);
    if (status.endedAt === undefined || name === 'skip') {
      await sendDecision(session, status, name, options.reason, note);
      note(
        `${name === 'retry' ? 'trying' : 'skipping'} ${status.phase ?? 'the phase'}${name === 'retry' ? ' again' : ''}`,
      );
      return runOf(status);
    }
    const request = requestAgain(status, await readRequest(session.client, status));
    const { workflowId, report } = status;
    const added = (report?.added?.destinations ?? []).map(({ destination }) => destination);
    const destinations = status.destinations.filter((one) => !added.includes(one));
    const run = await startRun(session, config, { workflowId, request, destinations });
    note(`started ${workflowId} again${request.only === undefined ? '' : ' for the quarantined edges'}`);
    for (const one of added)
      note(`nothing is tried again at ${one}, which was added by hand: put it into the manifests`);
    return run;
  });
}

/** What a run that has ended would have to do again: everything if it failed, else what it quarantined. */
export function requestAgain(status: PromotionStatus, request: PromotionRequest): PromotionRequest {
  const { report, workflowId } = status;
  if (report === undefined || report.outcome === 'failed') return request;
  const { edges, list } = report.quarantine;
  if (edges === 0 || list === undefined) {
    throw new PromoterError('UsageInvalid', `${workflowId} has ended and nothing is left to retry`);
  }
  return { ...pinned(request, report), only: list };
}

/** A branch may have gone on since; what was quarantined is about the manifests of then. */
function pinned(request: PromotionRequest, { commit }: PromotionReport): PromotionRequest {
  const { git } = request;
  // From git again, and not what was uploaded of it: who wants the commit signed believes nothing else.
  return git === undefined || commit === undefined ? request : { ...request, git: { ...git, ref: commit } };
}

async function sendDecision(
  session: TemporalSession,
  status: RunStatus,
  name: DecisionName,
  reason: string | undefined,
  onNote: (note: string) => void,
): Promise<void> {
  const decision = { by: operatorName(), ...(reason === undefined ? {} : { reason }) };
  await sendUpdate(session, status, { update: UPDATES[name], argument: decision, verb: name }, onNote);
}

/** Only a worker can end a run in good order, so ours must not stop before it has. */
async function outcomeOf({ client }: TemporalSession, { workflowId, runId }: RunReference): Promise<string> {
  try {
    return ((await client.workflow.getHandle(workflowId, runId).result()) as PromotionReport).outcome;
  } catch (error) {
    if (error instanceof WorkflowFailedError) return 'aborted';
    throw error;
  }
}

function conductOptions(options: WatchOptions, output: CommandOutput, stopAtHold: boolean): ConductOptions {
  return { output, json: options.json === true, ui: options.ui === true, stopAtHold };
}

function runOf({ workflowId, runId }: RunReference): RunReference {
  return { workflowId, runId };
}
