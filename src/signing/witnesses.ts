import { createRekorV1Witness } from './rekor-v1.ts';
import { createRekorV2Witness } from './rekor-v2.ts';
import type { ServiceClient } from './service.ts';
import type { SigningServices } from './signing-config.ts';
import { createTimestampWitness } from './timestamp.ts';
import type { Witness } from './witness.ts';

/** Who testifies to which format. */
export interface Witnesses {
  readonly bundle: readonly Witness[];
  /**
   * The log for a legacy `.sig`; absent where there is only Rekor v2, whose entries carry no signed time, so that the
   * format has no place for what would prove them.
   */
  readonly legacy?: Witness;
}

/** The witnesses that a signing config's services make. */
export function createWitnesses(service: ServiceClient, { log, timestampUrls }: SigningServices): Witnesses {
  const createLog = log.version === 1 ? createRekorV1Witness : createRekorV2Witness;
  const logs = log.urls.map((url) => createLog(service, url));
  const authorities = timestampUrls.map((url) => createTimestampWitness(service, url));
  const [first] = logs;
  return {
    bundle: [...logs, ...authorities],
    ...(log.version === 1 && first !== undefined ? { legacy: first } : {}),
  };
}
