import { CancellationScope, condition, defineSignal, setHandler } from '@temporalio/workflow';
import { createWriterLeases } from '../../src/workflows/writer-leases.ts';

/** Whether the run is at rest; nothing ends it. */
export const rest = defineSignal<[boolean]>('rest');
export const end = defineSignal('end');

/** A run that does nothing but keep its lease of a host, and in minutes what others do in months. */
export async function leaseKeeper(): Promise<void> {
  let atRest = false;
  let hasEnded = false;
  setHandler(rest, (now) => void (atRest = now));
  setHandler(end, () => void (hasEnded = true));
  const rhythm = { atWork: '100 milliseconds', atRest: '1 hour' } as const;
  const leases = createWriterLeases(new CancellationScope(), () => atRest, rhythm);
  leases.keep({ hosts: ['prod.example'], acquired: true }, 'acquired');
  await condition(() => hasEnded);
}
