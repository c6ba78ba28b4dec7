import { upsertSearchAttributes } from '@temporalio/workflow';
import type { SetupResult } from '../activities/setup.ts';
import type { PlanReference } from './messages.ts';
import type { PromotionRequest } from './promotion-request.ts';
import type { Board } from './board.ts';
import type { Brake } from './brake.ts';
import { activitiesOf, policyOf, writingActivitiesOf } from './policies.ts';
import { DESTINATIONS_ATTRIBUTE, searchableDestinations } from './searchable-destinations.ts';
import { newSweep, sweep } from './sweep.ts';
import type { WriterLeases } from './writer-leases.ts';

const WARNINGS_SHOWN = 100;

/**
 * Setup: one activity that checks the request, greets the registries and, if the run is to write, sees to it that no other
 * run writes to the same hosts. Versions before had another activity for that.
 */
export async function runSetup(
  run: string,
  request: PromotionRequest,
  { board, brake, writers }: { readonly board: Board; readonly brake: Brake; readonly writers: WriterLeases },
): Promise<SetupResult> {
  const { setup } = activitiesOf(policyOf('setup'), 'check the request, greet the registries');
  const result = await brake.run(() => setup({ run, request }));
  const { manifests, destinations, broken, warnings } = result;
  const { commit } = result.request;
  const said = [...warnings, ...broken.map(({ message }) => message)];
  const hosts = [...new Set([...result.sources, ...result.hosts])].sort();
  board.update({ manifests, destinations, hosts, warnings: said, ...(commit === undefined ? {} : { commit }) });
  if (request.git !== undefined) showOrigin(destinations, commit);
  const unusable = broken.length === 0 ? '' : `; cannot be used: ${broken.map(({ host }) => host).join(', ')}`;
  if (result.request.confirm === true && result.acquired === undefined)
    await brake.run(() => writers.acquire(result.hosts));
  board.mark('setup', 'done', { note: `${manifests.edges} edges in ${manifests.files} files${unusable}` });
  return result;
}

/** Whoever started the run could not know this yet. */
function showOrigin(destinations: readonly string[], commit = ''): void {
  upsertSearchAttributes([
    { key: DESTINATIONS_ATTRIBUTE, value: searchableDestinations(destinations) },
    { key: { name: 'PromoterCommit', type: 'KEYWORD' }, value: commit },
  ]);
}

/** Plan: draft from the manifests, judge shard by shard, put the plan together. */
export async function runPlan(
  run: string,
  setup: SetupResult,
  { board, brake }: { readonly board: Board; readonly brake: Brake },
): Promise<PlanReference> {
  const { request, broken } = setup;
  const policy = policyOf('plan', request.policies?.plan);
  const existing = request.signExisting === true && request.confirm === true && request.sign !== false;
  const judging = { broken, existing };
  const { draftPlan } = activitiesOf(policy, 'draft from the manifests');
  const draft = await brake.run(() => draftPlan({ run, request, judging }));
  const { judged = 0 } = draft;
  board.slowed(draft);
  const state = { ...newSweep(draft.shards), next: judged, done: judged };
  // A draft's shards are few (some fifty for 1,350 repositories on 20 mirrors), and the next run would start it anew.
  await sweep(
    state,
    { lanes: policy.lanes, brake, mayContinue: false },
    (shard) =>
      activitiesOf(policy, `read ${shard + 1}/${draft.shards}`).judgeShard({
        run,
        index: draft.index,
        shard,
        ...judging,
      }),
    (result) => {
      board.slowed(result);
      board.mark('plan', 'running', { shards: { done: state.done, total: draft.shards } });
    },
  );
  // Only who writes can tell whether hosts let him.
  const probe = request.confirm === true;
  const assembling = writingActivitiesOf(policy, 'write the plan', probe ? setup : {});
  const { plan, quarantine, warnings } = await brake.run(() =>
    assembling.assemblePlan({ run, strict: request.strict === true, probe }),
  );
  const all = [...board.read().warnings, ...draft.warnings, ...warnings];
  board.update({ plan, quarantine, warnings: all.slice(0, WARNINGS_SHOWN) });
  board.mark('plan', 'done', { note: `${plan.edges} edges to promote in ${plan.shards} shards` });
  return plan;
}
