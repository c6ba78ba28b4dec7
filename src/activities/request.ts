import { z } from 'zod';
import { freezeWindows } from '../configuration/gate-section.ts';
import { duration } from '../duration.ts';
import { PromoterError } from '../errors.ts';
import { APPROVAL_RULES } from '../gate/approval-rule.ts';
import { gitSource, type GitSource } from '../manifest/git-source.ts';
import { isDigest } from '../reference.ts';
import type { PhaseName } from '../workflows/messages.ts';
import type { PromotionRequest } from '../workflows/promotion-request.ts';

/** A digest as the plan store gives it out. */
export const digest = z
  .string()
  .refine(isDigest, 'must be sha256: and 64 hex digits, as promoter manifest upload prints it');

/** A request names its manifests once. */
export const placesOfManifests = {
  manifests: digest.optional(),
  git: gitSource.optional(),
};

/** Whether {@link placesOfManifests} are one. */
export function isOnePlace({ manifests, git }: { readonly manifests?: unknown; readonly git?: unknown }): boolean {
  return (manifests === undefined) !== (git === undefined);
}

/** Where the manifests of a checked request are. */
export type ManifestPlace =
  | { readonly manifests: string; readonly git?: undefined }
  | { readonly manifests?: undefined; readonly git: GitSource };

/** Whose signatures count, as cosign's flags say it. */
export const signatureRules = z.strictObject({
  certificateIdentity: z.string().optional(),
  certificateIdentityRegexp: z.string().optional(),
  certificateOidcIssuer: z.string().optional(),
  certificateOidcIssuerRegexp: z.string().optional(),
});

const policyChange = z.strictObject({
  attempts: z.int().min(1).max(100).optional(),
  firstRetry: duration.optional(),
  longestRetry: duration.optional(),
  heartbeat: duration.optional(),
  timeout: duration.optional(),
  residueRounds: z.int().min(0).max(20).optional(),
});

const policies = z.strictObject({
  setup: policyChange.optional(),
  plan: policyChange.optional(),
  provenance: policyChange.optional(),
  validate: policyChange.optional(),
  promote: policyChange.optional(),
  sign: policyChange.optional(),
  attest: policyChange.optional(),
} satisfies Record<PhaseName, unknown>);

const request = z
  .strictObject({
    ...placesOfManifests,
    confirm: z.boolean().optional(),
    strict: z.boolean().optional(),
    lenient: z.boolean().optional(),
    sign: z.boolean().optional(),
    annotations: z.record(z.string().min(1), z.string()).optional(),
    provenance: z.enum(['off', 'warn', 'require']).optional(),
    provenanceRules: z
      .strictObject({
        builders: z.array(z.string().min(1)).min(1).optional(),
        sources: z.array(z.string().min(1)).min(1).optional(),
        predicateTypes: z.array(z.string().min(1)).min(1).optional(),
      })
      .optional(),
    signatures: signatureRules.optional(),
    requireSignatures: z.boolean().optional(),
    signExisting: z.boolean().optional(),
    vulnerabilities: z
      .strictObject({
        threshold: z.int().min(0).max(5),
        unscanned: z.enum(['pass', 'warn', 'quarantine']).optional(),
        includeUnfixable: z.boolean().optional(),
      })
      .optional(),
    onPhaseFailure: z.enum(['hold', 'fail']).optional(),
    holdTimeout: duration.optional(),
    commit: z.string().max(200).optional(),
    only: digest.optional(),
    approval: z.enum(APPROVAL_RULES).optional(),
    approvalTimeout: duration.optional(),
    freeze: freezeWindows.optional(),
    overrideFreeze: z.string().trim().min(1).max(500).optional(),
    policies: policies.optional(),
  })
  .refine(isOnePlace, {
    path: ['manifests'],
    message: 'name a digest in the plan store, or a git reference: one of them',
  });

/** A request with every duration in milliseconds. */
export type CheckedRequest = CheckedOptions & ManifestPlace;

/** A checked request whose manifests are in the plan store. */
export type StoredRequest = CheckedOptions & { readonly manifests: string };

type CheckedOptions = Omit<PromotionRequest, 'approvalTimeout' | 'holdTimeout' | 'policies' | 'manifests' | 'git'> & {
  readonly holdTimeout?: number;
  readonly approvalTimeout?: number;
  readonly policies?: Partial<Record<PhaseName, CheckedPolicyChange>>;
};

export interface CheckedPolicyChange {
  readonly attempts?: number;
  readonly firstRetry?: number;
  readonly longestRetry?: number;
  readonly heartbeat?: number;
  readonly timeout?: number;
  readonly residueRounds?: number;
}

/**
 * Checks what a workflow was started with, since anyone with access to the server may start one by hand.
 *
 * @throws PromoterError `RequestInvalid` with every field that is wrong
 */
export function checkRequest(input: unknown): CheckedRequest {
  const result = request.safeParse(input);
  if (result.success) return result.data as CheckedRequest;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`);
  throw new PromoterError('RequestInvalid', `the promotion request is not valid: ${problems.join('; ')}`);
}
