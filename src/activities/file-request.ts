import { z } from 'zod';
import { duration } from '../duration.ts';
import { PromoterError } from '../errors.ts';
import type { TaskRules } from '../files/file-task.ts';
import { digest } from './request.ts';

const schema = z.strictObject({
  manifests: digest,
  confirm: z.boolean().default(false),
  overwrite: z.boolean().default(false),
  skipMissing: z.boolean().default(false),
  useServiceAccount: z.boolean().default(false),
  attempts: z.int().min(1).max(1_000).default(8),
  heartbeat: duration.default(30_000),
  onPhaseFailure: z.enum(['hold', 'fail']).default('hold'),
  holdTimeout: duration.default(24 * 60 * 60_000),
});

/** A request with every default filled in and every duration in milliseconds. */
export interface CheckedFileRequest extends TaskRules {
  readonly manifests: string;
  readonly useServiceAccount: boolean;
  readonly attempts: number;
  readonly heartbeat: number;
  readonly onPhaseFailure: 'hold' | 'fail';
  readonly holdTimeout: number;
}

/**
 * Checks what a promotion of files was started with, since anyone with access to the server may start one by hand.
 *
 * @throws PromoterError `RequestInvalid` with every field that is wrong
 */
export function checkFileRequest(input: unknown): CheckedFileRequest {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`);
  throw new PromoterError('RequestInvalid', `the request to promote files is not valid: ${problems.join('; ')}`);
}
