import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { renderFiles } from './file-details.ts';
import type { FilePromotionOutcome, FilePromotionReport } from './file-messages.ts';
import type { HoldBoard } from './hold.ts';
import { timed } from './phase-times.ts';

/** What everybody sees of a promotion of files: the report, the details in the UI, and what it is found by. */
export interface FileBoard extends HoldBoard {
  read(): FilePromotionReport;
  /** Changes the report and shows it; `undefined` takes a field out. */
  update(change: { readonly [K in keyof FilePromotionReport]?: FilePromotionReport[K] | undefined }): void;
}

const STATES: Readonly<Record<FilePromotionOutcome, string>> = {
  running: 'Running',
  held: 'Held',
  done: 'Done',
  'dry-run': 'DryRun',
  quarantined: 'Quarantined',
  failed: 'Failed',
};

/**
 * Makes a board.
 *
 * @param shown the state that the run before this one left to be seen
 */
export function createFileBoard(initial: FilePromotionReport, shown?: FilePromotionOutcome): FileBoard {
  let report = initial;
  let state = shown;

  function show(): void {
    setCurrentDetails(renderFiles(report, Date.now()));
    if (state === report.outcome) return;
    state = report.outcome;
    upsertSearchAttributes([
      { key: { name: 'PromoterState', type: 'KEYWORD' }, value: STATES[state] },
      { key: { name: 'PromoterPhase', type: 'KEYWORD' }, value: report.hold?.phase ?? 'none' },
    ]);
  }

  function update(change: Parameters<FileBoard['update']>[0]): void {
    const entries = Object.entries({ ...report, ...change }).filter(([, value]) => value !== undefined);
    const next = Object.fromEntries(entries) as unknown as FilePromotionReport;
    const isUnderWay = next.outcome === 'running' || next.outcome === 'held';
    report = isUnderWay ? { ...next, outcome: next.hold === undefined ? 'running' : 'held' } : next;
    show();
  }

  show();
  return {
    read: () => report,
    update,
    mark(phase, state, change = {}) {
      update({
        phases: report.phases.map((row) => (row.name === phase ? timed(row, { ...row, ...change, state }) : row)),
      });
    },
  };
}
