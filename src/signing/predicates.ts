import type { Digest, RepositoryName } from '../reference.ts';

/** What a promotion attestation is about. */
export interface PromotionFacts {
  readonly digest: Digest;
  readonly source: RepositoryName;
  /** The canonical repository, which carries the attestation first. */
  readonly destination: RepositoryName;
  /** All repositories with the same identity that this run promoted the digest to. */
  readonly destinations: readonly RepositoryName[];
  readonly identity: string;
  readonly tags: readonly string[];
  /** The commit the manifests came from. */
  readonly commit?: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly builderId: string;
  readonly builderVersion: string;
  /** ISO 8601. */
  readonly time: string;
}

/**
 * The predicate of `https://k8s.io/promo-tools/promotion/v1`: kpromo's five fields, which its readers expect, and what
 * its later versions add to them.
 */
export function promotionPredicate(facts: PromotionFacts): unknown {
  const { digest, source, destination, destinations, identity, tags, commit, time } = facts;
  return {
    srcRef: `${source}@${digest}`,
    dstRef: `${destination}@${digest}`,
    digest,
    timestamp: time,
    builderId: facts.builderId,
    identity,
    tags: tags.toSorted(),
    destinations: destinations.toSorted(),
    ...(commit === undefined ? {} : { manifestCommit: commit }),
    promoter: { id: facts.builderId, version: facts.builderVersion },
    job: { workflowId: facts.workflowId, runId: facts.runId },
  };
}

/** What a verification summary says. */
export interface VerificationSummary {
  readonly verifierId: string;
  readonly verifierVersion: string;
  /** ISO 8601. */
  readonly time: string;
  /** The image as users know it. */
  readonly resourceUri: string;
  readonly policyUri: string;
  /** The attestations that the verdict rests on. */
  readonly inputs: readonly Digest[];
  readonly passed: boolean;
  /** `SLSA_BUILD_LEVEL_2` and the like. */
  readonly levels: readonly string[];
}

/** The predicate of `https://slsa.dev/verification_summary/v1` (https://slsa.dev/spec/v1.1/verification_summary). */
export function verificationSummaryPredicate(summary: VerificationSummary): unknown {
  return {
    verifier: { id: summary.verifierId, version: { [summary.verifierId]: summary.verifierVersion } },
    timeVerified: summary.time,
    resourceUri: summary.resourceUri,
    policy: { uri: summary.policyUri },
    inputAttestations: summary.inputs.map((digest) => ({ digest: { sha256: digest.slice('sha256:'.length) } })),
    verificationResult: summary.passed ? 'PASSED' : 'FAILED',
    verifiedLevels: summary.levels,
    slsaVersion: '1.1',
  };
}
