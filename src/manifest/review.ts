import type { Problem } from './manifest.ts';

/** How a finding is taken: `problem` refuses the manifest, `warning` does not. */
export type Severity = 'problem' | 'warning';

/** Collects what is found in a set of manifests, so that everything is reported at once. */
export interface Review {
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

/** The review of one file: the same collection, with the file's name and its lines known. */
export interface FileReview {
  readonly file: string;
  /** How the rules count that kpromo applies to plain manifests only. */
  readonly plainRules: Severity;
  /** @param at offset into the file's text */
  report(severity: Severity, at: number, message: string): void;
  lineAt(at: number): number;
}

/** A collection with nothing in it yet. */
export function emptyReview(): Review {
  return { problems: [], warnings: [] };
}

/** Longer than any message of ours; what makes one longer is what somebody wrote, of which a scalar may have megabytes. */
const LONGEST_MESSAGE = 2_000;

/** Adds one finding, without the rest of a message that quotes without end. */
export function addFinding(review: Review, severity: Severity, finding: Problem): void {
  const { message } = finding;
  const cut = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
  (severity === 'problem' ? review.problems : review.warnings).push({ ...finding, message: cut });
}

/** The same findings by file and line, whichever check came first. */
export function inOrder(findings: readonly Problem[]): Problem[] {
  return findings.toSorted((a, b) => compareText(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0));
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
