import { PromoterError } from '../errors.ts';
import { withoutControls } from '../printable.ts';
import type { Problem } from './manifest.ts';

/** Every problem of a set of manifests at once; code `ManifestInvalid`, a line of the message for each of them. */
export class ManifestError extends PromoterError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('ManifestInvalid', problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}

/**
 * A problem as compilers write it: `file:line: message`, without the line when the problem is the file itself, and without
 * the control characters that its text or its file's name may have.
 */
export function formatProblem(problem: Problem): string {
  const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
  return withoutControls(`${place}: ${problem.message}`);
}
