import { PromoterError } from '../errors.ts';
import type { PromotionReport } from '../workflows/messages.ts';
import type { RunPulse } from './run-pulse.ts';
import type { Setback } from './run-setbacks.ts';
import type { TemporalSession } from './temporal-session.ts';

/** What a look at a run showed. */
export type Look<R = PromotionReport> =
  | { readonly running: false }
  | {
      readonly running: true;
      /** Absent while no worker answers. */
      readonly report: R | undefined;
      readonly setbacks: readonly Setback[];
      readonly pulse: RunPulse;
    };

const LOST_AFTER_MS = 600_000;
const SILENT_AFTER_MS = 15_000;

/**
 * Says once when a server or its workers stop answering, and when they answer again.
 *
 * Its `record` takes each look, or nothing when the server did not answer, and throws PromoterError `TemporalUnavailable`
 * when that has been so for ten minutes; at once for a borrowed server, since its owner may have stopped it.
 */
export function watchContact(
  session: Pick<TemporalSession, 'address' | 'server'>,
  onNote: (note: string) => void,
  now: () => number = Date.now,
): { readonly record: (look: Look<unknown> | undefined) => void } {
  let lostSince: number | undefined;
  let silentSince: number | undefined;
  let silenceSaid = false;

  function recordLoss(): void {
    const lost = `lost the Temporal server at ${session.address}`;
    if (session.server === 'borrowed') throw new PromoterError('TemporalUnavailable', lost);
    if (lostSince === undefined) onNote(`${lost}; trying again`);
    lostSince ??= now();
    if (now() - lostSince > LOST_AFTER_MS) {
      throw new PromoterError('TemporalUnavailable', `${lost} for ten minutes; the run goes on when it is back`);
    }
  }

  function recordSilence(): void {
    silentSince ??= now();
    if (silenceSaid || now() - silentSince < SILENT_AFTER_MS) return;
    silenceSaid = true;
    onNote(`no worker answers; start one with: TEMPORAL_ADDRESS=${session.address} promoter worker`);
  }

  return {
    record(look) {
      if (look === undefined) return recordLoss();
      if (lostSince !== undefined) onNote('the Temporal server is back');
      lostSince = undefined;
      if (look.running && look.report === undefined) return recordSilence();
      if (silenceSaid) onNote('a worker answers again');
      silentSince = undefined;
      silenceSaid = false;
    },
  };
}
