import type { PhaseRow, PhaseState } from './messages.ts';

const ON: ReadonlySet<PhaseState> = new Set(['waiting', 'running', 'held']);

/** A phase's row in its new state, with the times at which it began and ended. */
export function timed(before: PhaseRow, row: PhaseRow): PhaseRow {
  if (row.state === 'pending')
    return { name: row.name, state: row.state, ...(row.note === undefined ? {} : { note: row.note }) };
  // What a phase waited for is no part of the time that it took.
  const startedAt = before.state === 'waiting' && row.state !== 'waiting' ? Date.now() : (row.startedAt ?? Date.now());
  return ON.has(row.state) ? { ...row, startedAt } : { ...row, startedAt, endedAt: Date.now() };
}
