import { mirrorsBySubject, type ReplicationTask } from '../plan/replication.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import { readAttachments } from '../signing/attachments.ts';
import { compilePolicy, policyOfFlags, type CompiledPolicy } from '../signing/identity-policy.ts';
import { judge } from '../signing/judgement.ts';
import type { SignatureGap } from '../signing/signature-gap.ts';
import { parseAttachmentTag } from '../signing/signature-set.ts';
import type { SignatureRules } from '../workflows/promotion-request.ts';
import type { SignatureFinding } from '../workflows/replication-messages.ts';
import type { ReplicationContext, SourceSweepResult } from './replicate-source.ts';
import type { ReplicationDependencies } from './replication-dependencies.ts';
import type { SourceCheck } from './replication-tally.ts';
import { sideBySide } from './side-by-side.ts';

/** What differs between a mirror and its source, by the digest that it is attached to. */
interface MirrorDifference {
  readonly mirror: RepositoryName;
  readonly lacking: ReadonlySet<Digest>;
  readonly surplus: ReadonlySet<Digest>;
}

const IMAGES_AT_ONCE = 8;

/**
 * Says of every promoted digest where it carries a signature that verifies, by somebody the rules accept. A mirror that
 * has what the source has is not read: the same digest has the same verdict.
 *
 * @throws PromoterError the registries' errors; `ConfigInvalid` for rules that accept everybody; `TrustRootInvalid`,
 *   `SigningUnavailable`
 */
export async function checkSignatures(
  context: ReplicationContext & Pick<ReplicationDependencies, 'naming'>,
  task: ReplicationTask,
  { gaps }: Pick<SourceSweepResult, 'gaps'>,
  rules: SignatureRules,
): Promise<SourceCheck> {
  const policy = compilePolicy(policyOfFlags(rules));
  const identity = context.naming.identityOf(task.source);
  const differences = gaps.map(differenceOf);
  const mirrorsOf = mirrorsBySubject(task);
  const digests = [...new Set(task.shares.flatMap((share) => share.digests))];
  const findings = await sideBySide(digests, IMAGES_AT_ONCE, async (digest) => {
    const wanted = new Set(mirrorsOf(digest));
    const mirrors = differences.filter(({ mirror }) => wanted.has(mirror));
    const atSource = await isSigned(context, task.source, digest, policy);
    const missing: RepositoryName[] = atSource ? [] : [task.source];
    const differing: RepositoryName[] = [];
    for (const { mirror, lacking, surplus } of mirrors) {
      const differs = lacking.has(digest) || surplus.has(digest);
      const signed = differs ? await isSigned(context, mirror, digest, policy) : atSource;
      if (!signed) missing.push(mirror);
      else if (differs) differing.push(mirror);
    }
    const state = stateOf(missing.length, differing.length, mirrors.length + 1);
    return state === undefined ? [] : [{ source: task.source, digest, identity, state, missing, differing }];
  });
  return { images: digests.length, findings: findings.flat() };
}

function stateOf(missing: number, differing: number, all: number): SignatureFinding['state'] | undefined {
  if (missing === all) return 'unsigned';
  if (missing > 0) return 'partial';
  return differing > 0 ? 'differing' : undefined;
}

function differenceOf({ mirror, missing, differing, referrers, damaged, surplus }: SignatureGap): MirrorDifference {
  const subjects = (tags: readonly string[]): readonly Digest[] =>
    tags.flatMap((tag) => parseAttachmentTag(tag)?.subject ?? []);
  return {
    mirror,
    lacking: new Set([
      ...subjects([...missing, ...differing]),
      ...[...referrers, ...damaged.map(({ root }) => root)].map(({ subject }) => subject),
    ]),
    surplus: new Set(subjects(surplus)),
  };
}

async function isSigned(
  { registry, trust }: ReplicationContext,
  repository: RepositoryName,
  digest: Digest,
  policy: CompiledPolicy,
): Promise<boolean> {
  const attachments = await readAttachments({ registry, repository, digest }, ['sig-tag', 'bundle']);
  if (attachments.length === 0) return false;
  const options = { digest, trust: await trust(), policy };
  return attachments
    .map((attachment) => judge(attachment, options))
    .some(({ kind, status }) => kind === 'signature' && status === 'verified');
}
