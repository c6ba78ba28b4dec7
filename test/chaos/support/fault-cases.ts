import type { FaultRule } from '../../support/registry-proxy-faults.ts';
import { ANSWER_FAULTS } from './answer-faults.ts';
import { CONTENT_FAULTS } from './content-faults.ts';
import type { FaultCase } from './fault-case.ts';

/** Every fault of a registry or of the way to it that is tried. */
export const FAULT_CASES: readonly FaultCase[] = [...ANSWER_FAULTS, ...CONTENT_FAULTS];

/** Of the three registries, the one that misbehaves; staging comes behind them. */
const MIRROR = 1;
const STAGING = 3;

/** A case's rules by the number of the registry. */
export function faultsOf({ place, rule }: FaultCase): (registry: number) => readonly FaultRule[] {
  const strikes = (at: number): boolean => place === 'everywhere' || at === (place === 'staging' ? STAGING : MIRROR);
  return (at) => (strikes(at) ? [rule] : []);
}
