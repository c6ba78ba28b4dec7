import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { renderDetails } from './details.ts';
import {
  PHASES,
  type Outcome,
  type PhaseName,
  type PhaseRow,
  type PhaseState,
  type PromotionReport,
} from './messages.ts';

/** What everybody sees of a run: it holds the report, and shows it in the UI and in search attributes. */
export interface Board {
  read(): PromotionReport;
  /** Changes the report and shows it; `undefined` takes a field out. Whether it is held or paused follows from its fields. */
  update(change: ReportChange): void;
  /** Changes a phase's row and shows it. */
  mark(phase: PhaseName, state: PhaseState, change?: Partial<PhaseRow>): void;
}

type ReportChange = { readonly [K in keyof PromotionReport]?: PromotionReport[K] | undefined };

/** The report of a run that has not begun. */
export const BLANK_REPORT: PromotionReport = {
  outcome: 'running',
  phases: PHASES.map((name) => ({ name, state: 'pending' })),
  destinations: [],
  copied: { edges: 0, present: 0, manifests: 0, blobs: 0, mounted: 0, bytes: 0 },
  quarantine: { edges: 0, samples: [] },
  warnings: [],
};

/**
 * Makes a board that starts from a report, which is a blank one or what the run before this one left.
 *
 * @param watch told of every change
 */
export function createBoard(
  initial: PromotionReport,
  watch: (before: PromotionReport, after: PromotionReport) => void,
): Board {
  let report = initial;
  let watched = initial;
  let shownPhase: string | undefined;

  function show(): void {
    watch(watched, report);
    watched = report;
    setCurrentDetails(renderDetails(report, Date.now()));
    const phase = report.phases.find(({ state }) => state === 'running' || state === 'held')?.name ?? 'none';
    const shown = `${report.outcome}/${phase}`;
    if (shown === shownPhase) return;
    shownPhase = shown;
    upsertSearchAttributes([
      { key: { name: 'PromoterState', type: 'KEYWORD' }, value: stateOf(report) },
      { key: { name: 'PromoterPhase', type: 'KEYWORD' }, value: phase },
    ]);
  }

  return {
    read: () => report,
    update(change) {
      report = standing(Object.fromEntries(definedOf({ ...report, ...change })) as unknown as PromotionReport);
      show();
    },
    mark(phase, state, change = {}) {
      report = {
        ...report,
        phases: report.phases.map((row) => (row.name === phase ? timed({ ...row, ...change, state }) : row)),
      };
      show();
    },
  };
}

function timed(row: PhaseRow): PhaseRow {
  const startedAt = row.startedAt ?? Date.now();
  return row.state === 'running' || row.state === 'held'
    ? { ...row, startedAt }
    : { ...row, startedAt, endedAt: Date.now() };
}

const UNDER_WAY: ReadonlySet<Outcome> = new Set(['running', 'held', 'paused']);

/** A run that has not ended is what its fields say. */
function standing(report: PromotionReport): PromotionReport {
  if (!UNDER_WAY.has(report.outcome)) return report;
  if (report.hold !== undefined) return { ...report, outcome: 'held' };
  return { ...report, outcome: report.pause === undefined ? 'running' : 'paused' };
}

/** As people write it where they search: `DryRun`. */
function stateOf({ outcome }: PromotionReport): string {
  return outcome.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function definedOf(fields: ReportChange): readonly (readonly [string, unknown])[] {
  return Object.entries(fields).filter(([, value]) => value !== undefined);
}
