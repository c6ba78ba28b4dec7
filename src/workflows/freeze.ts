import { condition, setHandler } from '@temporalio/workflow';
import type { Wait } from './approval.ts';
import type { Board } from './board.ts';
import type { Brake } from './brake.ts';
import { activitiesOf, policyOf } from './policies.ts';
import { overrideFreeze } from './steering-messages.ts';
import type { Turnover } from './turnover.ts';
import { objectOf, onlyFields, optionalTexts, refuse, textOf } from './update-checks.ts';

const EXAMPLE = '{"reason": "CVE-2026-1234 is being exploited", "by": "your name"}';

/** Takes the Update `overrideFreeze`, and waits until no freeze is in the way. */
export function attachFreeze(board: Board, brake: Brake, turnover: Turnover): Wait {
  setHandler(
    overrideFreeze,
    (claim) => {
      board.update({ freeze: undefined, freezeOverride: claim });
      return { overridden: true };
    },
    {
      description: `Promote in spite of a freeze. Argument: ${EXAMPLE}`,
      validator: (input) => {
        const claim = objectOf(input, EXAMPLE);
        onlyFields(claim, ['reason', 'by']);
        textOf(claim, 'reason');
        optionalTexts(claim, ['by']);
        if (board.read().freeze === undefined) refuse('the run does not wait for the end of a freeze');
      },
    },
  );
  const isOverridden = (): boolean => board.read().freezeOverride !== undefined;

  return {
    async wait({ request: { freeze = [], overrideFreeze: reason }, noFreezeUntil = 0 }) {
      if (reason !== undefined && !isOverridden()) board.update({ freezeOverride: { reason } });
      if (Date.now() < noFreezeUntil) return 'done';
      while (!isOverridden()) {
        // What the workers are configured with may have changed since, so they are asked again.
        const { lookAtCalendar } = activitiesOf(policyOf('setup'), 'look whether there is a freeze');
        const found = await brake.run(() => lookAtCalendar({ freeze }));
        if (!found.frozen) break;
        const { until, reason } = found;
        board.mark('promote', 'waiting', { note: 'for the end of a freeze' });
        const since = board.read().freeze?.since ?? Date.now();
        board.update({ freeze: { since, until, ...(reason === undefined ? {} : { reason }) } });
        const summary = `FROZEN until ${new Date(until).toISOString()}; overrideFreeze promotes all the same`;
        await condition(() => isOverridden() || turnover.isDue(), Math.max(1_000, until - Date.now()), { summary });
        if (turnover.isDue()) return 'continue';
      }
      board.update({ freeze: undefined });
      return 'done';
    },
  };
}
