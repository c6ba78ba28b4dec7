import { Option } from 'commander';

/** What becomes of a run whose phase fails for good. */
export type FailureReaction = 'hold' | 'fail';

/** The option that says so. @param otherwise what `fail` does to this command's run */
export function failureOption(otherwise = "'fail' the run"): Option {
  return new Option(
    '--on-failure <reaction>',
    `when a phase fails for good: 'hold' it for a decision (what a terminal gets), or ${otherwise}`,
  ).choices(['hold', 'fail'] satisfies FailureReaction[]);
}

/** What holds where nobody says: a person at a terminal can decide. */
export function failureReaction(said: FailureReaction | undefined, isTerminal: boolean): FailureReaction {
  return said ?? (isTerminal ? 'hold' : 'fail');
}
