import { msToNumber } from '@temporalio/common/lib/time.js';
import { z } from 'zod';

/** A duration as Temporal writes it, or milliseconds; milliseconds when parsed. */
export const duration = z.union([z.number(), z.string()]).transform((value, context) => {
  const milliseconds = parseDuration(value);
  if (milliseconds !== undefined) return milliseconds;
  context.addIssue({
    code: 'custom',
    message: `'${value}' is no duration; write e.g. "90 seconds", "24h", or milliseconds`,
  });
  return z.NEVER;
});

function parseDuration(value: number | string): number | undefined {
  try {
    const milliseconds = msToNumber(value as Parameters<typeof msToNumber>[0]);
    return Number.isFinite(milliseconds) && milliseconds > 0 ? milliseconds : undefined;
  } catch {
    return undefined;
  }
}
