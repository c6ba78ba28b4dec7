import { metricMeter } from '@temporalio/workflow';
import type { Outcome, PhaseName, PhaseRow, PromotionReport } from './messages.ts';

/**
 * What workflows count: each value once, however often a history is replayed. The labels `namespace`, `task_queue` and
 * `workflow_type` come from the SDK.
 */
export const RUN_METRICS = {
  phaseSeconds: {
    name: 'promoter_phase_seconds',
    kind: 'histogram',
    labels: ['phase', 'state'],
    help: 'How long phases took, holds included; state is done, skipped or failed',
    buckets: [1, 5, 15, 60, 300, 900, 1800, 3600, 10_800, 43_200],
  },
  holds: {
    name: 'promoter_holds_total',
    kind: 'counter',
    labels: ['phase'],
    help: 'How often a phase was held for an operator',
  },
  edges: {
    name: 'promoter_edges_total',
    kind: 'counter',
    labels: ['verdict'],
    help: 'Edges that were planned, by what the plan says of them',
  },
  copiedEdges: {
    name: 'promoter_copied_edges_total',
    kind: 'counter',
    labels: [],
    help: 'Edges that were copied',
  },
  copiedBytes: {
    name: 'promoter_copied_bytes_total',
    kind: 'counter',
    labels: [],
    help: 'Bytes of blobs that were uploaded to destinations',
  },
  residue: {
    name: 'promoter_residue_edges_total',
    kind: 'counter',
    labels: [],
    help: 'Edges that failed in a shard and were put aside to be tried again, counted once a round',
  },
  quarantined: {
    name: 'promoter_quarantined_edges_total',
    kind: 'counter',
    labels: [],
    help: 'Edges that were quarantined',
  },
  ended: {
    name: 'promoter_runs_ended_total',
    kind: 'counter',
    labels: ['outcome'],
    help: 'Promotions that ended: done, dry-run, quarantined or failed',
  },
} as const;

const ENDS: ReadonlySet<Outcome> = new Set(['done', 'dry-run', 'quarantined']);

type Labels = Readonly<Record<string, string>>;

function count(definition: { readonly name: string; readonly help: string }, value: number, labels: Labels = {}): void {
  if (value > 0) metricMeter.createCounter(definition.name, '', definition.help).add(value, labels);
}

/** Counts what a change of the report says: phases that ended, edges, holds. */
export function countChange(before: PromotionReport, after: PromotionReport): void {
  after.phases.forEach((row, at) => countPhase(before.phases[at]?.state, row));
  if (before.plan === undefined && after.plan !== undefined) {
    for (const [verdict, edges] of Object.entries(after.plan.verdicts)) count(RUN_METRICS.edges, edges, { verdict });
  }
  if (before.outcome !== after.outcome && ENDS.has(after.outcome)) countEnd(after.outcome);
  count(RUN_METRICS.copiedEdges, after.copied.edges - before.copied.edges);
  count(RUN_METRICS.copiedBytes, after.copied.bytes - before.copied.bytes);
  count(RUN_METRICS.quarantined, after.quarantine.edges - before.quarantine.edges);
}

/** Counts edges that go to the residue. */
export function countResidue(edges: number): void {
  count(RUN_METRICS.residue, edges);
}

/** Counts the end of a run. */
export function countEnd(outcome: string): void {
  count(RUN_METRICS.ended, 1, { outcome });
}

function countPhase(before: PhaseRow['state'] | undefined, { name, state, startedAt, endedAt }: PhaseRow): void {
  if (before === state) return;
  if (state === 'held') count(RUN_METRICS.holds, 1, { phase: name });
  if (startedAt !== undefined && endedAt !== undefined) recordPhase(name, state, (endedAt - startedAt) / 1000);
}

function recordPhase(phase: PhaseName, state: PhaseRow['state'], seconds: number): void {
  const { name, help } = RUN_METRICS.phaseSeconds;
  metricMeter.createHistogram(name, 'float', '', help).record(Math.max(0, seconds), { phase, state });
}
