import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { renderDetails } from './details.ts';
import { PHASES, type PhaseName, type PhaseRow, type PhaseState, type PromotionReport } from './messages.ts';

/** What everybody sees of a run: it holds the report, and shows it in the UI and in search attributes. */
export interface Board {
  read(): PromotionReport;
  /** Changes the report and shows it. */
  update(change: Partial<PromotionReport>): void;
  /** Changes a phase's row and shows it. */
  mark(phase: PhaseName, state: PhaseState, change?: Partial<PhaseRow>): void;
}

/** The report of a run that has not begun. */
export const BLANK_REPORT: PromotionReport = {
  outcome: 'running',
  phases: PHASES.map((name) => ({ name, state: 'pending' })),
  destinations: [],
  copied: { edges: 0, present: 0, manifests: 0, blobs: 0, mounted: 0, bytes: 0 },
  quarantine: { edges: 0, samples: [] },
  warnings: [],
};

/** Makes a board that starts from a report, which is a blank one or what the run before this one left. */
export function createBoard(initial: PromotionReport): Board {
  let report = initial;
  let shownPhase: string | undefined;

  function show(): void {
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
      report = { ...report, ...change };
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

function stateOf({ outcome }: PromotionReport): string {
  return outcome === 'dry-run' ? 'DryRun' : outcome.charAt(0).toUpperCase() + outcome.slice(1);
}
