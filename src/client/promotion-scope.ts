import type { Config } from '../config.ts';
import type { BundleInput } from '../manifest/bundle-reader.ts';
import { putEdges } from '../plan/document.ts';
import { changeModeOf } from './kpromo-flags.ts';
import { findChanges, type ManifestChanges } from './manifest-changes.ts';
import type { CommandOutput } from './output.ts';
import { withPlanStore } from './plan-store-access.ts';
import { printWarnings, readInput, uploadInput, type PromotionInput } from './promotion-input.ts';
import { requestOf, type RequestOptions } from './promotion-request.ts';
import { dryRunId, promotionId } from './run-identity.ts';
import { startRun, type RunPlan, type StartedRun } from './run-start.ts';
import type { TemporalSession } from './temporal-session.ts';

/** What a run is to be about: manifests, and the part of them that it is restricted to. */
export interface Scope {
  readonly parsed: PromotionInput;
  /** Absent when the run works on everything. */
  readonly changes?: ManifestChanges;
}

/** Reads the manifests, and what changed in them where that is asked for. @throws PromoterError */
export async function readScope(
  input: BundleInput,
  options: RequestOptions,
  { stderr }: CommandOutput,
): Promise<Scope> {
  const lenient = options.lenient === true;
  const parsed = await readInput(input, lenient);
  printWarnings(stderr, parsed);
  const mode = changeModeOf(options);
  if (mode === undefined) return { parsed };
  const note = (text: string): void => void stderr.write(`${text}\n`);
  if (input.kind === 'plain') {
    note('warning: diff modes are for thin manifests: all of this one is promoted');
    return { parsed };
  }
  const { manifests } = parsed;
  const circumstances = { lenient, environment: process.env, note };
  return { parsed, changes: await findChanges(mode, input.directory, manifests, circumstances) };
}

/** Uploads what a run needs, and says what it is to be. @throws PromoterError `Store*`, `ConfigInvalid` */
export async function planRun(
  { parsed, changes }: Scope,
  options: RequestOptions,
  config: Config,
  { stderr }: CommandOutput,
): Promise<RunPlan> {
  const asked = requestOf(options, {
    manifests: await uploadInput(parsed, config),
    terminal: stderr.isTTY === true,
    selfContained: config.temporal === undefined,
  });
  const { destinations } = parsed;
  const request = changes === undefined ? asked : { ...asked, ...(await restriction(changes, config)) };
  const workflowId = request.confirm === true ? promotionId(destinations) : dryRunId(request);
  return { workflowId, request, destinations };
}

async function restriction({ commit, edges }: ManifestChanges, config: Config) {
  return { commit, only: await withPlanStore(config, (store) => putEdges(store, edges)) };
}

/** Starts a run in a session, or joins it where it is under way, and says which. */
export function startIn(config: Config, plan: RunPlan) {
  return async (session: TemporalSession, note: (text: string) => void): Promise<StartedRun> => {
    const run = await startRun(session, config, plan);
    note(run.joined ? `goes on with run ${run.runId} of ${plan.workflowId}` : `started ${plan.workflowId}`);
    return run;
  };
}
