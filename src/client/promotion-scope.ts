import type { Config } from '../config.ts';
import { PromoterError } from '../errors.ts';
import type { GitSource } from '../manifest/git-source.ts';
import { putEdges } from '../plan/document.ts';
import { changeModeOf } from './kpromo-flags.ts';
import { findChanges, type ManifestChanges } from './manifest-changes.ts';
import type { ManifestInput } from './manifest-flags.ts';
import type { CommandOutput } from './output.ts';
import { withPlanStore } from './plan-store-access.ts';
import { printWarnings, readInput, uploadInput, type PromotionInput } from './promotion-input.ts';
import { requestOf, type RequestOptions } from './promotion-request.ts';
import { dryRunId, promotionId, repositoryPromotionId } from './run-identity.ts';
import { startRun, type RunPlan, type StartedRun } from './run-start.ts';
import type { TemporalSession } from './temporal-session.ts';

/** What a run is to be about: manifests that are in a repository, or have been read here. */
export type Scope = GitScope | ReadScope;

interface GitScope {
  readonly git: GitSource;
}

/** Manifests, and the part of them that a run is restricted to. */
export interface ReadScope {
  readonly git?: undefined;
  readonly parsed: PromotionInput;
  /** Absent when the run works on everything. */
  readonly changes?: ManifestChanges;
}

/** Reads the manifests, and what changed in them where that is asked for. @throws PromoterError */
export async function readScope(
  input: ManifestInput,
  options: RequestOptions,
  { stderr }: CommandOutput,
): Promise<Scope> {
  const lenient = options.lenient === true;
  const mode = changeModeOf(options);
  if (input.kind === 'git') {
    if (mode !== undefined) {
      throw new PromoterError('UsageInvalid', 'diff modes compare with a folder of this machine: leave --git-url out');
    }
    return options.parseOnly === true ? { parsed: await readInput(input, lenient, options) } : { git: input.git };
  }
  const parsed = await readInput(input, lenient);
  printWarnings(stderr, parsed);
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
  scope: Scope,
  options: RequestOptions,
  config: Config,
  { stderr }: CommandOutput,
): Promise<RunPlan> {
  const circumstances = { terminal: stderr.isTTY === true, selfContained: config.temporal === undefined };
  if (scope.git !== undefined) {
    const request = requestOf(options, { requested: { git: scope.git }, ...circumstances });
    const workflowId = request.confirm === true ? repositoryPromotionId(scope.git) : dryRunId(request);
    return { workflowId, request, destinations: [] };
  }
  const { parsed, changes } = scope;
  const requested = { manifests: await uploadInput(parsed, config) };
  const asked = requestOf(options, { requested, ...circumstances });
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
