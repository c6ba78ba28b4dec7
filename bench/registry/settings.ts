import { createFaults, type FaultRule, type Faults } from './faults.ts';
import { createLimiter, type Limiter } from './limiter.ts';

/** How the registry behaves; what is left out of a change keeps its value. */
export interface Settings {
  /** Before every answer, in milliseconds. */
  readonly latencyMs: number;
  /** Requests a second; 0 for no limit. */
  readonly rate: number;
  /** Requests that may come at once; a second's worth where it is 0. */
  readonly burst: number;
  readonly rateScope: 'all' | 'host';
  /** Sent along with a 429, if not empty. */
  readonly retryAfter: string;
  /** Google's extension of `tags/list`. */
  readonly google: boolean;
  /** Take a blob by one POST. */
  readonly singlePost: boolean;
  /** Ask for a bearer token. */
  readonly tokens: boolean;
  readonly faults: readonly FaultRule[];
}

export const DEFAULT_SETTINGS: Settings = {
  latencyMs: 0,
  rate: 0,
  burst: 0,
  rateScope: 'all',
  retryAfter: '',
  google: true,
  singlePost: false,
  tokens: false,
  faults: [],
};

/** Settings with what they set up. */
export interface Behaviour {
  readonly settings: Settings;
  readonly limiter: Limiter;
  readonly faults: Faults;
}

/** Sets up what settings ask for, with full buckets and unused faults. */
export function behaviourOf(settings: Settings): Behaviour {
  const { rate, burst, rateScope, faults } = settings;
  return { settings, limiter: createLimiter(rate, burst, rateScope), faults: createFaults(faults) };
}
