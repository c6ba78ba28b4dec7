import { edgeKey } from '../../plan/draft.ts';
import type { ResidueEntry } from '../../plan/document.ts';
import type { PhaseName, PhaseRow, QuarantinedEdge } from '../../workflows/messages.ts';
import type { PlanRow } from '../plan-rows.ts';
import { remedyOf } from '../quarantine-remedies.ts';
import type { LoggedSignature, RunFacts } from '../report/facts.ts';
import type { PlacedEdge } from './edges.ts';

/** What became of an edge in one phase. */
export interface EdgeStep {
  readonly phase: PhaseName;
  readonly outcome: 'passed' | 'kept-back' | 'under-way' | 'held' | 'skipped' | 'pending' | 'failed';
  readonly detail?: string;
}

/** What a run made of one edge. JSON as it is. */
export interface EdgeStory extends PlacedEdge {
  /** Of the plan, or why the plan says nothing of it. */
  readonly verdict: PlanRow['verdict'] | 'done' | 'unplanned' | 'not-in-this-run' | (string & {});
  readonly steps: readonly EdgeStep[];
  /** Why its last try failed, while it is being tried again. */
  readonly setback?: string;
  readonly signatures: readonly LoggedSignature[];
  readonly advice: string;
}

/** What a run's records say of the edges that somebody asks for. */
export interface EdgeRecords {
  /** Keys of edges that the run was restricted to, if it was. */
  readonly only?: ReadonlySet<string>;
  readonly planned: ReadonlyMap<string, PlanRow['verdict']>;
  readonly quarantined: ReadonlyMap<string, readonly QuarantinedEdge[]>;
  readonly residue: readonly ResidueEntry[];
}

const AFTER_PLAN: readonly PhaseName[] = ['provenance', 'validate', 'promote', 'sign', 'attest'];
const BEFORE_COPY: ReadonlySet<string> = new Set(['plan', 'provenance', 'validate', 'promote']);

/** Tells the story of an edge. */
export function tellStory(edge: PlacedEdge, facts: RunFacts, records: EdgeRecords): EdgeStory {
  const key = edgeKey(edge);
  const kept = records.quarantined.get(key) ?? [];
  const verdict = verdictOf(key, kept, facts, records);
  const steps = verdict === 'promote' || verdict === 'tag-missing' ? stepsOf(facts, kept) : [];
  const setback = facts.status.endedAt === undefined ? setbackOf(edge, records.residue) : undefined;
  const story = {
    ...edge,
    verdict,
    steps,
    ...(setback === undefined ? {} : { setback }),
    signatures: facts.signatures.filter(({ digest }) => digest === edge.digest),
  };
  return { ...story, advice: adviceOn(story, kept, facts) };
}

function verdictOf(
  key: string,
  kept: readonly QuarantinedEdge[],
  { status }: RunFacts,
  { only, planned }: EdgeRecords,
): EdgeStory['verdict'] {
  const refused = kept.find(({ phase }) => phase === 'plan');
  if (refused !== undefined) return refused.reason;
  if (only?.has(key) === false) return 'not-in-this-run';
  if (status.report?.plan === undefined) return 'unplanned';
  return planned.get(key) ?? 'done';
}

function stepsOf({ status }: RunFacts, kept: readonly QuarantinedEdge[]): readonly EdgeStep[] {
  const rows = status.report?.phases ?? [];
  const steps: EdgeStep[] = [];
  for (const phase of AFTER_PLAN) {
    const row = rows.find(({ name }) => name === phase);
    const refused = kept.find((edge) => edge.phase === phase);
    steps.push(refused === undefined ? stepOf(phase, row) : keptBack(phase, refused));
    if (refused !== undefined && BEFORE_COPY.has(phase)) break;
  }
  return steps;
}

function keptBack(phase: PhaseName, { reason, message }: QuarantinedEdge): EdgeStep {
  return { phase, outcome: 'kept-back', detail: `${reason}: ${message}` };
}

function stepOf(phase: PhaseName, row: PhaseRow | undefined): EdgeStep {
  const detail = row?.note === undefined || row.state === 'done' ? {} : { detail: row.note };
  switch (row?.state) {
    case 'done':
      return { phase, outcome: 'passed' };
    case 'running':
      return { phase, outcome: 'under-way' };
    case 'held':
    case 'skipped':
    case 'failed':
      return { phase, outcome: row.state, ...detail };
    case 'waiting':
    case 'pending':
    case undefined:
      return { phase, outcome: 'pending', ...detail };
  }
}

function setbackOf(edge: PlacedEdge, residue: readonly ResidueEntry[]): string | undefined {
  return residue.findLast(
    ({ group }) =>
      group.source === edge.source &&
      group.digest === edge.digest &&
      group.targets.some(({ repository }) => repository === edge.destination),
  )?.message;
}

function adviceOn(
  { verdict, steps }: Pick<EdgeStory, 'verdict' | 'steps'>,
  [first]: readonly QuarantinedEdge[],
  { status }: RunFacts,
): string {
  const id = `'${status.workflowId}'`;
  if (first !== undefined) return `${remedyOf(first.reason)} Then: promoter retry ${id}`;
  if (verdict === 'done') return 'Nothing to do: it was there before this run.';
  if (verdict === 'not-in-this-run') return 'This run was started for other edges; look at a run that has it.';
  const held = steps.find(({ outcome }) => outcome === 'held');
  if (held !== undefined) return `Mend what holds ${held.phase}, then: promoter retry ${id}`;
  if (status.failure !== undefined) return `The run failed; mend the cause and start it again: promoter retry ${id}`;
  if (status.endedAt === undefined) return `Wait for it: promoter watch ${id}`;
  if (status.state === 'dry-run') return 'Nothing was written in this dry run; promote with --confirm.';
  return 'Nothing to do: it was promoted.';
}
