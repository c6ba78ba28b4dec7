import type { WriterAnswer, WriterRequest } from './budget-messages.ts';

/** The run that may write to a host. */
export interface Writer {
  readonly workflowId: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Three renewals fit into it, so that a server or workers that are away for a while cost nobody its lease. */
const WRITER_LEASE_MS = 15 * 60_000;
/** The same for a run that waits for people: it renews its leases once a day. */
const RESTING_LEASE_MS = 3 * 24 * 60 * 60_000;

/** Gives the lease to a run when nobody else has it; a run that has it keeps it for longer. */
export function takeWriter(
  holder: Writer | undefined,
  { workflowId, insteadOf, atRest = false }: WriterRequest,
  now: number,
): { readonly writer: Writer; readonly answer: WriterAnswer } {
  if (holder !== undefined && holder.until > now && ![workflowId, insteadOf].includes(holder.workflowId)) {
    return { writer: holder, answer: { granted: false, until: holder.until, holder: holder.workflowId } };
  }
  const writer = { workflowId, until: now + (atRest ? RESTING_LEASE_MS : WRITER_LEASE_MS) };
  return { writer, answer: { granted: true, until: writer.until } };
}
