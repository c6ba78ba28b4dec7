import type { ActivityDependencies } from './dependencies.ts';

/** Who can limit what all workers together ask of a registry host. */
export interface HostCeilings {
  /** @throws PromoterError `TemporalUnavailable` */
  setCeiling(host: string, requestsPerSecond: number | undefined): Promise<void>;
}

export interface CeilingInput {
  readonly host: string;
  /** `null` lifts the limit. */
  readonly requestsPerSecond: number | null;
}

/** Limits a host for all workers and runs. @throws PromoterError `TemporalUnavailable` */
export function createSetCeiling({ ceilings }: ActivityDependencies) {
  return async function setCeiling({ host, requestsPerSecond }: CeilingInput): Promise<void> {
    await ceilings.setCeiling(host, requestsPerSecond ?? undefined);
  };
}
