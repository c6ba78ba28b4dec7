import type { MutantResult, MutantStatus } from '@stryker-mutator/api/core';

/** What became of the mutants of a folder. */
export interface MutationFinding {
  readonly kind: 'mutants';
  readonly folder: string;
  /** A test failed. */
  readonly killed: number;
  /** The tests did not come to an end. */
  readonly timedOut: number;
  /** Tests ran the mutated line, and passed. */
  readonly survived: number;
  /** No test runs the mutated line. */
  readonly untested: number;
  /** In what runs at import alone, which one process cannot switch. */
  readonly left: number;
}

/** Counts the mutants of a folder by what became of them. */
export function findingOf(folder: string, results: readonly MutantResult[]): MutationFinding {
  const count = (status: MutantStatus): number => results.filter((one) => one.status === status).length;
  return {
    kind: 'mutants',
    folder,
    killed: count('Killed'),
    timedOut: count('Timeout'),
    survived: count('Survived'),
    untested: count('NoCoverage'),
    left: count('Ignored'),
  };
}

/** The share of mutants, in percent, that some test noticed. */
export function scoreOf({ killed, timedOut, survived, untested }: MutationFinding): number {
  const noticed = killed + timedOut;
  return (100 * noticed) / Math.max(1, noticed + survived + untested);
}
