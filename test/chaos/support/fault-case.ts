import type { FaultAction, FaultRule } from '../../support/registry-proxy-faults.ts';

/** Where a fault strikes: the staging registry, one of the three that images are promoted to, or all four. */
type Place = 'staging' | 'mirror' | 'everywhere';

/** A fault, what has to become of a promotion that meets it, and what became of kpromo's. */
export interface FaultCase {
  readonly fault: string;
  readonly place: Place;
  readonly rule: FaultRule;
  /** `done`, or which end is in order and what the message has to say then. */
  readonly wanted: 'done' | RegExp;
  /** kpromo v4.5.1's end on the same fault, where it was measured. */
  readonly kpromo?: string;
  /** Tried with the tests, too: it takes seconds. */
  readonly quick?: true;
}

export const WRITES = /^(upload|manifest\.put|blob\.mount)/;
export const BLOB = /^blob\.get$/;
export const LIST = /^tags\.list$/;
export const ONE_IMAGE = /\/app-1\//;
export const NOTHING_MORE = 'exit 1, 59 of 60 edges, nothing attested';

export const answer = (status: number, retryAfter?: string): FaultAction =>
  retryAfter === undefined ? { status } : { status, retryAfter };
export const once = (of: RegExp, action: FaultAction): FaultRule => ({ class: of, count: 1, action });
export const share = (percent: number, action: FaultAction): FaultRule => ({ probability: percent / 100, action });
