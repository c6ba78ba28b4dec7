import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { Throttling } from '../activities/traffic.ts';
import { renderDetails } from './details.ts';
import {
  PHASES,
  currentPhase,
  type Outcome,
  type PhaseName,
  type PhaseRow,
  type PhaseState,
  type PromotionReport,
} from './messages.ts';
import { timed } from './phase-times.ts';

/** What everybody sees of a run: it holds the report, and shows it in the UI and in search attributes. */
export interface Board {
  read(): PromotionReport;
  /** Changes the report and shows it; `undefined` takes a field out. Whether it is held or paused follows from its fields. */
  update(change: ReportChange): void;
  /** Takes in what an activity says of hosts that slowed it down. */
  slowed(by: Throttling): void;
  /** Changes a phase's row and shows it. */
  mark(phase: PhaseName, state: PhaseState, change?: Partial<PhaseRow>): void;
}

type ReportChange = { readonly [K in keyof PromotionReport]?: PromotionReport[K] | undefined };

/** A run talks to some tens of hosts; those that were heard of last matter. */
const MOST_THROTTLED = 10;

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
    const phase = currentPhase(report) ?? 'none';
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
    slowed({ throttled }) {
      if (throttled === undefined) return;
      const known = Object.entries(report.throttled ?? {});
      const heard = Object.entries(throttled).map(([host, count]) => {
        const answers = (report.throttled?.[host]?.answers ?? 0) + count;
        return [host, { answers, at: Date.now() }] as const;
      });
      const latest = [...known.filter(([host]) => throttled[host] === undefined), ...heard].slice(-MOST_THROTTLED);
      report = { ...report, throttled: Object.fromEntries(latest) };
    },
    mark(phase, state, change = {}) {
      report = {
        ...report,
        phases: report.phases.map((row) => (row.name === phase ? timed(row, { ...row, ...change, state }) : row)),
      };
      show();
    },
  };
}

const AT_REST: ReadonlySet<Outcome> = new Set(['held', 'paused', 'awaiting-approval', 'frozen']);

/** Whether a run waits for somebody, or for the end of a freeze. */
export function isAtRest({ outcome }: PromotionReport): boolean {
  return AT_REST.has(outcome);
}

/** A run that has not ended is what its fields say. */
function standing(report: PromotionReport): PromotionReport {
  if (report.outcome !== 'running' && !isAtRest(report)) return report;
  return { ...report, outcome: reasonToWait(report) ?? 'running' };
}

function reasonToWait({ hold, pause, approval, freeze }: PromotionReport): Outcome | undefined {
  if (hold !== undefined) return 'held';
  if (pause !== undefined) return 'paused';
  if (approval !== undefined && approval.given === undefined) return 'awaiting-approval';
  return freeze === undefined ? undefined : 'frozen';
}

/** As people write it where they search: `DryRun`. */
function stateOf({ outcome }: PromotionReport): string {
  return outcome.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function definedOf(fields: ReportChange): readonly (readonly [string, unknown])[] {
  return Object.entries(fields).filter(([, value]) => value !== undefined);
}
