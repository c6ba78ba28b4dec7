import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { checkCeilingChange, checkLeaseRequest, checkWriterRequest } from './budget-checks.ts';
import { renderBudget } from './budget-details.ts';
import {
  acquireWriter,
  budget,
  lease,
  releaseWriter,
  setCeiling,
  type BudgetInput,
  type BudgetState,
} from './budget-messages.ts';
import { BLANK_BOOK, takeLease, withoutExpired } from './lease-book.ts';
import { takeWriter } from './writer.ts';

const IDLE_MS = 60 * 60_000;

/**
 * The budget of one registry host: shares its requests out among all workers, and lets one run at a time write to it.
 *
 * Whoever needs it starts it under the id that `budgetId` gives; it ends when nobody has needed it for an hour, unless an
 * operator has set its ceiling.
 */
export async function registryBudget({ host, idleMs = IDLE_MS, state: initial }: BudgetInput): Promise<void> {
  let state: BudgetState = initial ?? { book: BLANK_BOOK, usedAt: Date.now() };
  const change = (next: Partial<BudgetState>): void => {
    state = { ...state, ...next };
    setCurrentDetails(renderBudget(host, state, Date.now()));
  };

  setHandler(budget, () => state, { description: 'Rate, shares, last 429 and writer of this host' });
  setHandler(
    lease,
    (request) => {
      const now = Date.now();
      const { book, lease } = takeLease(state.book, request, now);
      change({ book, usedAt: now });
      return lease;
    },
    { description: 'Workers ask for their share with this; not for people', validator: checkLeaseRequest },
  );
  setHandler(
    setCeiling,
    ({ requestsPerSecond }) => {
      const { operatorCeiling: _, ...book } = state.book;
      change({ book: requestsPerSecond === null ? book : { ...book, operatorCeiling: requestsPerSecond } });
      return requestsPerSecond === null ? {} : { requestsPerSecond };
    },
    {
      description:
        'Limit what all workers together ask of this registry. Argument: {"requestsPerSecond": 50}; null instead of the number gives back what they are configured with',
      validator: checkCeilingChange,
    },
  );
  setHandler(
    acquireWriter,
    (request) => {
      const now = Date.now();
      const { writer, answer } = takeWriter(state.writer, request, now);
      change({ writer, usedAt: now });
      return answer;
    },
    {
      description: 'Promotions ask to be the only one that writes here; not for people',
      validator: checkWriterRequest,
    },
  );
  setHandler(
    releaseWriter,
    (release) => {
      if (state.writer === undefined || state.writer.workflowId !== release?.workflowId) return;
      const { writer: _, ...rest } = state;
      state = rest;
      change({});
    },
    { description: 'A promotion that has ended makes room for the next one. Argument: {"workflowId": "…"}' },
  );

  change({});
  for (;;) {
    const rest = state.usedAt + idleMs - Date.now();
    const summary = 'until nobody has needed this for a while';
    const isLong = await condition(() => workflowInfo().continueAsNewSuggested, rest > 0 ? rest : idleMs, { summary });
    if (isLong) {
      await condition(allHandlersFinished);
      return continueAsNew<typeof registryBudget>({ host, idleMs, state });
    }
    if (isIdle(state, idleMs, Date.now())) return;
  }
}

function isIdle({ book, writer, usedAt }: BudgetState, idleMs: number, now: number): boolean {
  const isHeld = Object.keys(withoutExpired(book, now).shares).length > 0 || (writer?.until ?? 0) > now;
  return usedAt + idleMs <= now && !isHeld && book.operatorCeiling === undefined;
}
