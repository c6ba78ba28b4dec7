import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { LeaseBook } from './lease-book.ts';
import type { Writer } from './writer.ts';

/** What starts a budget, and what it hands to the run that continues it. */
export interface BudgetInput {
  /** With its port, as in repository names. */
  readonly host: string;
  /** How long it waits for somebody to need it before it ends, in milliseconds; an hour unless given. */
  readonly idleMs?: number;
  readonly state?: BudgetState;
}

/** All that a budget knows. */
export interface BudgetState {
  readonly book: LeaseBook;
  readonly writer?: Writer;
  /** When somebody last needed it, in milliseconds since the epoch. */
  readonly usedAt: number;
}

/** A worker's wish for a share of the requests that a host allows. */
export interface LeaseRequest {
  /** Names the process, and no other one. */
  readonly worker: string;
  /** Requests a second that it could use; shares are in proportion to that. */
  readonly want: number;
  /** Requests a second that the host granted it of late; as many as it wants unless given. */
  readonly granted?: number;
  /** The most that the host may be asked by the worker's own configuration; absent where it knows no limit. */
  readonly ceiling?: number;
  /**
   * Set by those who stand back for the others: all of them together get at most this part of what the host allows, from
   * 0 to 1.
   */
  readonly part?: number;
  /** The host has answered 429 since the worker last asked. */
  readonly sawThrottle?: boolean;
  /** How long the host wanted to be left alone then. */
  readonly retryAfterMs?: number;
}

/** A share, for a while. */
export interface Lease {
  /** Requests a second; absent while nobody knows of a limit. */
  readonly rps?: number;
  /** When it ends, in milliseconds since the epoch by the server's clock. */
  readonly until: number;
  /** The same as a time from now on, for workers whose clock is another one. */
  readonly forMs: number;
}

/** A new ceiling for all workers together; `null` gives back what they are configured with. */
export interface CeilingChange {
  readonly requestsPerSecond: number | null;
}

/** A run's wish to be the only one that writes to the host. */
export interface WriterRequest {
  readonly workflowId: string;
  /** A holder that is known to have ended, and is replaced if it still holds the lease. */
  readonly insteadOf?: string;
  /** It waits for people and will come back late, so its lease is a long one. */
  readonly atRest?: boolean;
}

export interface WriterAnswer {
  readonly granted: boolean;
  /** When the lease ends, whoever holds it; milliseconds since the epoch. */
  readonly until: number;
  /** Who holds it instead. */
  readonly holder?: string;
}

/** The workflow id of a host's budget: one per host, whoever starts it. */
export function budgetId(host: string): string {
  return `registry-budget/${host}`;
}

export const lease = defineUpdate<Lease, [LeaseRequest]>('lease');
export const setCeiling = defineUpdate<{ readonly requestsPerSecond?: number }, [CeilingChange]>('setCeiling');
export const acquireWriter = defineUpdate<WriterAnswer, [WriterRequest]>('acquireWriter');
export const releaseWriter = defineSignal<[{ readonly workflowId: string }]>('releaseWriter');
export const budget = defineQuery<BudgetState>('budget');
