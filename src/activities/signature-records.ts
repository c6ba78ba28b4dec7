import { log } from '@temporalio/activity';
import { messageOf } from '../errors.ts';
import { putJson } from '../plan/json-document.ts';
import { recordName } from '../plan/records.ts';
import type { PlanStore } from '../plan/store.ts';
import type { AttachedSignature } from '../signing/attached-signature.ts';
import type { SigningContext } from '../signing/signing-context.ts';
import { attemptPart } from './traffic.ts';

/**
 * Runs a body that signs, and leaves in the run's records where each signature stands in the logs, however it ends. Only
 * reports read that: a store which cannot take it costs the links and nothing else.
 */
export async function recordingSignatures<T>(
  { store, run, phase }: { readonly store: PlanStore; readonly run: string; readonly phase: 'sign' | 'attest' },
  context: SigningContext,
  body: (context: SigningContext) => Promise<T>,
): Promise<T> {
  const attached: AttachedSignature[] = [];
  try {
    return await body({ ...context, onAttached: (one) => attached.push(one) });
  } finally {
    if (attached.length > 0) {
      await putJson(store, attached)
        .then((digest) => store.point(recordName(run, 'evidence', `${phase}/${attemptPart()}`), digest))
        .catch((error: unknown) => log.warn(`log entries of ${phase} are not on record: ${messageOf(error)}`));
    }
  }
}
