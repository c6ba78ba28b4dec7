import { PromoterError } from '../errors.ts';
import { withoutControls } from '../printable.ts';
import type { Problem } from './manifest.ts';

/** Nobody reads more of them; a file of 16 MiB may have a million. */
const MOST_LINES = 1_000;

/** Every problem of a set of manifests at once; code `ManifestInvalid`, a line of the message for each of the first 1,000. */
export class ManifestError extends PromoterError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.slice(0, MOST_LINES).map(formatProblem);
    const more = problems.length - lines.length;
    super('ManifestInvalid', [...lines, ...(more === 0 ? [] : [`and ${more} more problems`])].join('\n'));
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
