import { messageOf } from '../errors.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import { readAttachments } from '../signing/attachments.ts';
import { compilePolicy, type IdentityPolicy } from '../signing/identity-policy.ts';
import { judge } from '../signing/judgement.ts';
import type { SigningRegistry } from '../signing/port.ts';
import { buildFacts } from '../signing/provenance-predicate.ts';
import { decideProvenance, type ProvenancePolicy } from '../signing/provenance.ts';
import { decideStaging } from '../signing/staging-signatures.ts';
import type { TrustRoot } from '../signing/trust-root.ts';
import type { SignatureVerdict } from '../signing/verdict.ts';
import type { VulnerabilitySource } from '../signing/vulnerability/finding.ts';
import { severityName } from '../signing/vulnerability/severity.ts';
import { readImageFacts, type ImageFacts } from './image-facts.ts';

/** A verdict and the sentence that explains it. */
export interface ReviewVerdict {
  readonly verdict: string;
  readonly why: string;
}

/** What there is to say of a staging image before it is promoted. */
export interface ImageReview extends Partial<ImageFacts> {
  /** Why the image could not be read. */
  readonly unreadable?: string;
  readonly signature: ReviewVerdict;
  readonly provenance: ReviewVerdict & { readonly builder?: string; readonly source?: string };
  /** How many by severity; absent when nobody was asked, null when nobody has scanned it. */
  readonly vulnerabilities?: Readonly<Record<string, number>> | null;
}

interface Verdicts {
  readonly signatures: readonly SignatureVerdict[];
  readonly attestations: readonly SignatureVerdict[];
}

/** What a review is made with. */
export interface Reviewer {
  readonly registry: SigningRegistry;
  readonly signers: IdentityPolicy;
  /** Asked only when something is attached to an image. */
  readonly trust: () => Promise<TrustRoot>;
  readonly scanner?: VulnerabilitySource;
}

/** Reads an image and judges what is attached to it. What cannot be had is said, and fails nothing. */
export async function reviewImage(
  reviewer: Reviewer,
  { repository, digest }: { readonly repository: RepositoryName; readonly digest: Digest },
  policy: ProvenancePolicy,
): Promise<ImageReview> {
  const [facts, verdicts, vulnerabilities] = await Promise.all([
    readImageFacts(reviewer.registry, repository, digest).catch((thrown: unknown) => ({
      unreadable: messageOf(thrown),
    })),
    verdictsOn(reviewer, repository, digest, policy).catch((thrown: unknown) => messageOf(thrown)),
    reviewer.scanner?.scan(repository, digest),
  ]);
  return {
    ...facts,
    ...judgeBoth(verdicts, reviewer.signers, policy),
    ...(reviewer.scanner === undefined ? {} : { vulnerabilities: countBySeverity(vulnerabilities) }),
  };
}

/** What is attached, judged twice: signatures count by the signers of the run, attestations by those of the policy. */
async function verdictsOn(
  { registry, signers, trust }: Reviewer,
  repository: RepositoryName,
  digest: Digest,
  policy: ProvenancePolicy,
): Promise<Verdicts> {
  const attachments = await readAttachments({ registry, repository, digest }, ['sig-tag', 'att-tag', 'bundle']);
  if (attachments.length === 0) return { signatures: [], attestations: [] };
  const root = await trust();
  const judged = (identities: IdentityPolicy) =>
    attachments.map((attachment) => judge(attachment, { digest, trust: root, policy: compilePolicy(identities) }));
  return { signatures: judged(signers), attestations: judged(policy.signers) };
}

function judgeBoth(
  verdicts: Verdicts | string,
  signers: IdentityPolicy,
  policy: ProvenancePolicy,
): Pick<ImageReview, 'signature' | 'provenance'> {
  if (typeof verdicts === 'string') {
    const unknown = { verdict: 'unknown', why: verdicts };
    return { signature: unknown, provenance: unknown };
  }
  const signature = decideStaging(verdicts.signatures, { signers });
  const provenance = decideProvenance(verdicts.attestations, policy);
  const decisive = verdicts.attestations.find(
    ({ descriptor, statement }) =>
      statement !== undefined && descriptor.digest === provenance.attestation?.descriptor.digest,
  );
  const { builder, source } = decisive?.statement === undefined ? {} : buildFacts(decisive.statement);
  return {
    signature: { verdict: signature.verdict, why: signature.why },
    provenance: {
      verdict: provenance.verdict,
      why: provenance.why,
      ...(builder === undefined ? {} : { builder }),
      ...(source === undefined ? {} : { source }),
    },
  };
}

function countBySeverity(
  findings: Awaited<ReturnType<VulnerabilitySource['scan']>>,
): Readonly<Record<string, number>> | null {
  if (findings === undefined) return null;
  const bySeverity = Map.groupBy(findings, ({ severity }) => severity);
  const counts = [...bySeverity]
    .sort(([a], [b]) => b - a)
    .map(([severity, list]) => [severityName(severity), list.length]);
  return Object.fromEntries(counts) as Record<string, number>;
}
