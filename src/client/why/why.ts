import { loadConfig } from '../../config.ts';
import { PromoterError } from '../../errors.ts';
import { bundleFromBytes, parseBundle } from '../../manifest/bundle.ts';
import { getDocument, getEdges, type ResidueEntry } from '../../plan/document.ts';
import { edgeKey } from '../../plan/draft.ts';
import { redirect } from '../../plan/addition.ts';
import { recordsOf } from '../../plan/records.ts';
import type { PlanStore } from '../../plan/store.ts';
import type { Digest, RegistryName, RepositoryName, Tag } from '../../reference.ts';
import type { PromotionRequest } from '../../workflows/promotion-request.ts';
import type { ServerOptions } from '../common-options.ts';
import { worklistOf } from '../../workflows/worklist.ts';
import { writeJsonResult } from '../json-result.ts';
import type { CommandOutput } from '../output.ts';
import { readPlanRows, type PlanRow } from '../plan-rows.ts';
import { withPlanStore } from '../plan-store-access.ts';
import { readBasics } from '../report.ts';
import { readFacts, type RunFacts } from '../report/facts.ts';
import { readPromotion } from '../run-status.ts';
import { withSession } from '../session-loop.ts';
import { atCommit, edgesOf, parseEdgeQuery, suggestEdges, type PlacedEdge } from './edges.ts';
import { tellStory, type EdgeRecords, type EdgeStory } from './story.ts';
import { renderStories } from './text.ts';

const SUGGESTIONS = 5;
/** Edges that a name is compared with: some seconds' worth. */
const COMPARED = 200_000;
/** More edges than these are counted, not told of. */
const STORIES = 50;

/** Tells what a run made of an edge, or of several that are meant. @throws PromoterError `UsageInvalid`, `RunUnknown`, `Store*` */
export async function runWhy(id: string, edge: string, options: ServerOptions, output: CommandOutput): Promise<void> {
  const config = await loadConfig(options);
  const onNote = (note: string): void => void output.stderr.write(`${note}\n`);
  const basics = await withSession(config, { worker: false, onNote }, async (session) =>
    readBasics(session, config, await readPromotion(session, id)),
  );
  await withPlanStore(config, async (store) => {
    const facts = await readFacts(store, basics, 0, Date.now());
    const edges = await knownEdges(store, facts);
    const meant = edges.filter(parseEdgeQuery(edge));
    if (meant.length === 0) throw unknownEdge(edge, edges, id);
    const told = meant.slice(0, STORIES);
    const records = await readRecords(store, basics.first, facts, told);
    const stories = told.map((one) => tellStory(one, facts, records));
    await print(stories, meant.length, facts, options, output);
  });
}

async function print(
  stories: readonly EdgeStory[],
  total: number,
  { status, ui }: RunFacts,
  { json }: ServerOptions,
  { stdout }: CommandOutput,
): Promise<void> {
  const { workflowId, runId, state } = status;
  if (json === true) await writeJsonResult(stdout, { workflowId, runId, state, ui, edges: total, stories });
  else stdout.write(renderStories(stories, { total, head: `${workflowId}: ${state}`, ui }));
}

/** The edges of the manifests; where those are not at hand, what the plan and the quarantine have of them. */
async function knownEdges(store: PlanStore, { request, status, quarantine }: RunFacts): Promise<readonly PlacedEdge[]> {
  // Setup has put what it took from git where uploads are, and says so in the report.
  const bundle = request?.manifests ?? status.report?.manifests?.bundle;
  if (bundle !== undefined) {
    const bytes = await store.get(bundle as Digest);
    const { manifests } = parseBundle(bundleFromBytes(bytes), { lenient: request?.lenient === true });
    const added = (status.report?.added?.destinations ?? []).flatMap(({ destination, like }) =>
      redirect(manifests, destination as RegistryName, like),
    );
    const edges = edgesOf([...manifests, ...added]);
    return request?.git === undefined ? [...edges] : [...atCommit(edges, request.git, status.report?.commit)];
  }
  const plan = status.report === undefined ? undefined : worklistOf(status.report)?.digest;
  const rows: PlanRow[] = [];
  for await (const row of plan === undefined ? [] : readPlanRows(store, plan)) rows.push(row);
  return [...rows, ...quarantine].map(({ source, digest, destination, tag }) => ({
    source: source as RepositoryName,
    digest: digest as Digest,
    destination: destination as RepositoryName,
    ...(tag === undefined ? {} : { tag: tag as Tag }),
  }));
}

function unknownEdge(text: string, edges: readonly PlacedEdge[], id: string): PromoterError {
  const near = suggestEdges(text, edges.slice(0, COMPARED), SUGGESTIONS);
  const hint = near.length === 0 ? '' : `; did you mean\n${near.map((name) => `  ${name}`).join('\n')}`;
  return new PromoterError('UsageInvalid', `no edge of ${id} is meant by '${text}'${hint}`);
}

async function readRecords(
  store: PlanStore,
  run: string,
  { request, status, quarantine }: RunFacts,
  told: readonly PlacedEdge[],
): Promise<EdgeRecords> {
  const wanted = new Set(told.map(edgeKey));
  const planned = new Map<string, 'promote' | 'tag-missing'>();
  const plan = status.report === undefined ? undefined : worklistOf(status.report)?.digest;
  for await (const row of plan === undefined ? [] : readPlanRows(store, plan)) {
    const key = edgeKey(row);
    if (wanted.has(key)) planned.set(key, row.verdict);
  }
  const residue: ResidueEntry[] = [];
  for (const digest of await recordsOf(store, run, 'residue')) {
    residue.push(...(await getDocument<readonly ResidueEntry[]>(store, digest)));
  }
  const only = await readOnly(store, request);
  return {
    planned,
    residue,
    quarantined: Map.groupBy(quarantine, edgeKey),
    ...(only === undefined ? {} : { only }),
  };
}

async function readOnly(store: PlanStore, request: PromotionRequest | undefined) {
  if (request?.only === undefined) return undefined;
  return new Set((await getEdges(store, request.only as Digest)).map(edgeKey));
}
