import { compilePolicy, policyOfFlags } from '../signing/identity-policy.ts';
import { PHASES } from '../workflows/messages.ts';
import type { PromotionRequest } from '../workflows/promotion-request.ts';
import type { CipOptions } from './cip-command.ts';
import { failureReaction } from './failure-option.ts';
import { signatureRulesOf } from './kpromo-flags.ts';
import type { RequestedManifests } from './promotion-input.ts';

export interface RequestCircumstances {
  readonly requested: RequestedManifests;
  /** Somebody sits at a terminal, and can decide about a phase that is held. */
  readonly terminal: boolean;
  readonly selfContained: boolean;
}

/** The options that make a request. */
export type RequestOptions = Omit<CipOptions, 'output' | 'vulnSeverityThreshold' | 'scanner' | 'unscanned'>;

// The worker dies with the command. When that is given again, what it was doing is resumed once its heartbeat is missed.
const SELF_CONTAINED_HEARTBEAT = '10 seconds';

/** What the options ask the workflow to do. @throws PromoterError `ConfigInvalid` when they leave open whom to believe */
export function requestOf(options: RequestOptions, circumstances: RequestCircumstances): PromotionRequest {
  const { requested, terminal, selfContained } = circumstances;
  const signatures = signatureRulesOf(options, options.given);
  compilePolicy(policyOfFlags(signatures));
  const policies = Object.fromEntries(PHASES.map((phase) => [phase, { heartbeat: SELF_CONTAINED_HEARTBEAT }]));
  return {
    ...requested,
    confirm: options.confirm === true && options.parseOnly !== 'online',
    strict: options.strict === true,
    lenient: options.lenient === true,
    sign: options.sign !== false,
    ...(options.signExisting === true ? { signExisting: true } : {}),
    provenance: options.requireProvenance === true ? 'require' : (options.provenance ?? 'warn'),
    ...provenanceRulesOf(options),
    ...(options.requireSignatures === true ? { requireSignatures: true } : {}),
    ...(options.blockVulnerabilities === undefined
      ? {}
      : { vulnerabilities: { threshold: options.blockVulnerabilities } }),
    signatures,
    onPhaseFailure: failureReaction(options.onFailure, terminal),
    ...(options.approval === undefined ? {} : { approval: options.approval }),
    ...(options.overrideFreeze === undefined ? {} : { overrideFreeze: options.overrideFreeze }),
    ...(selfContained ? { policies } : {}),
  };
}

function provenanceRulesOf({
  allowedBuilders: builders,
  allowedSourceRepos: sources,
}: RequestOptions): Pick<PromotionRequest, 'provenanceRules'> {
  if (builders === undefined && sources === undefined) return {};
  return {
    provenanceRules: { ...(builders === undefined ? {} : { builders }), ...(sources === undefined ? {} : { sources }) },
  };
}
