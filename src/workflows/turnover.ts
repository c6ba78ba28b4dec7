import { workflowInfo } from '@temporalio/workflow';

/** When a run hands what it has left to a new one that continues it. */
export interface Turnover {
  /** Whether somebody asked for it; otherwise only the length of the history counts. */
  isAsked(): boolean;
  isDue(): boolean;
  ask(): void;
}

/** Makes the turnover of a run. */
export function createTurnover(): Turnover {
  let asked = false;
  return {
    isAsked: () => asked,
    isDue: () => asked || workflowInfo().continueAsNewSuggested,
    ask() {
      asked = true;
    },
  };
}
