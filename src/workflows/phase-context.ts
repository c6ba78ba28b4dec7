import type { SetupResult } from '../activities/setup.ts';
import type { Board } from './board.ts';
import type { Brake } from './brake.ts';
import type { Worklist } from './messages.ts';
import type { Turnover } from './turnover.ts';

/** What every phase after Plan works with. */
export interface PhaseContext {
  /** The id of the first run of the chain: it names what the run leaves in the plan store. */
  readonly run: string;
  readonly setup: SetupResult;
  readonly worklist: Worklist;
  readonly board: Board;
  readonly brake: Brake;
  readonly turnover: Turnover;
}
