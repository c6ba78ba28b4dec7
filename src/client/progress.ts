import type { PromotionReport } from '../workflows/messages.ts';
import type { RunPulse } from './run-pulse.ts';
import type { Setback } from './run-setbacks.ts';

/** Shows people how a run gets on, until it is closed. */
export interface Progress {
  readonly show: (report: PromotionReport, setbacks: readonly Setback[], pulse: RunPulse) => void;
  readonly note: (text: string) => void;
  readonly close: () => void;
}
