import type { PhaseRow, PromotionReport } from '../workflows/messages.ts';
import { plannedEdges } from '../workflows/worklist.ts';
import type { RunPulse } from './run-pulse.ts';

/** How far a phase is. */
export interface PhaseShare {
  readonly done: number;
  readonly total: number;
  readonly of: 'edges' | 'shards';
}

/** How far a phase is: by edges where they are counted on the way, else by shards; nothing of one that has neither. */
export function phaseShare(
  { name, shards }: PhaseRow,
  report: PromotionReport,
  pulse: RunPulse,
): PhaseShare | undefined {
  const { copied } = report;
  const total = plannedEdges(report);
  if (name === 'promote' && total > 0) {
    const done = Math.min(total, copied.edges + copied.present + pulse.edges);
    return { done, total, of: 'edges' };
  }
  return shards === undefined ? undefined : { ...shards, of: 'shards' };
}

/** How fast hosts are asked, in a line. */
export function ratesText({ rates }: RunPulse): string {
  return rates
    .map(({ host, perSecond, throttled }) => {
      const refused = throttled === 0 ? '' : ` (${throttled} × 429)`;
      return `${host} ${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}${refused}`;
    })
    .join(' · ');
}
