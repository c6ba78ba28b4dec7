import { freezeAt, type Freeze, type FreezeWindow } from '../gate/freeze-calendar.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** Whether there is a freeze, and until when. */
export type CalendarAnswer = { readonly frozen: false } | (Freeze & { readonly frozen: true });

/** Looks into the calendar of this worker and of the request. */
export function createLookAtCalendar({ gate }: ActivityDependencies, now: () => number = Date.now) {
  return async function lookAtCalendar(input: { readonly freeze: readonly FreezeWindow[] }): Promise<CalendarAnswer> {
    const freeze = freezeAt([...gate.freeze, ...input.freeze], now());
    return freeze === undefined ? { frozen: false } : { frozen: true, ...freeze };
  };
}
