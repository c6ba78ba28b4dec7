import { z } from 'zod';
import { duration } from '../duration.ts';
import { PromoterError } from '../errors.ts';
import type { ReplicationRequest } from '../workflows/replication-messages.ts';
import { isOnePlace, placesOfManifests, signatureRules, type ManifestPlace } from './request.ts';

const schema = z
  .strictObject({
    ...placesOfManifests,
    confirm: z.boolean().default(false),
    lenient: z.boolean().default(false),
    replication: z.enum(['on', 'off']).default('on'),
    auditInterval: duration.default(24 * 60 * 60_000),
    readBackInterval: duration.default(30 * 24 * 60 * 60_000),
    every: duration.default(30 * 60_000),
    heartbeat: duration.default(30_000),
    full: z.boolean().default(false),
    copies: z.int().min(1).max(1_000).default(50),
    check: signatureRules.optional(),
  })
  .refine(isOnePlace, {
    path: ['manifests'],
    message: 'name a digest in the plan store, or a git reference: one of them',
  })
  .refine(({ check, confirm }) => check === undefined || !confirm, {
    path: ['confirm'],
    message: 'a check writes nothing; mend what it finds by a run of its own',
  })
  // A check looks at everything, whatever earlier runs have found.
  .transform((request) => ({ ...request, full: request.full || request.check !== undefined }));

type DurationField = 'auditInterval' | 'readBackInterval' | 'every' | 'heartbeat';

/** A request with every default filled in and every duration in milliseconds. */
export type CheckedReplication = ManifestPlace &
  Required<Omit<ReplicationRequest, 'manifests' | 'git' | DurationField | 'check'>> &
  Pick<ReplicationRequest, 'check'> &
  Readonly<Record<DurationField, number>>;

/**
 * Checks what a replication was started with, since anyone with access to the server may start one by hand.
 *
 * @throws PromoterError `RequestInvalid` with every field that is wrong
 */
export function checkReplication(input: unknown): CheckedReplication {
  const result = schema.safeParse(input);
  if (result.success) return result.data as CheckedReplication;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`);
  throw new PromoterError('RequestInvalid', `the replication request is not valid: ${problems.join('; ')}`);
}
