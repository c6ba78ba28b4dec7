import type { Claimed } from './steering-report.ts';

/** Who and why, as it follows another word: ` by jane: the mirrors are being moved`. */
export function claimText({ by, reason }: Claimed): string {
  return `${by === undefined ? '' : ` by ${by}`}${reason === undefined ? '' : `: ${reason}`}`;
}
