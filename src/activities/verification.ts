import { cancellationSignal } from '@temporalio/activity';
import pMap from 'p-map';
import { quarantineTarget } from '../plan/assembly.ts';
import {
  getDocument,
  putDocument,
  putEdges,
  type Exclusion,
  type Group,
  type Shard,
  readShard,
} from '../plan/document.ts';
import { recordName, shardPart } from '../plan/records.ts';
import type { PlanStore } from '../plan/store.ts';
import type { Registry } from '../registry/registry.ts';
import { readAttachments } from '../signing/attachments.ts';
import { compilePolicy, type IdentityPolicy } from '../signing/identity-policy.ts';
import { judge } from '../signing/judgement.ts';
import type { TrustRoot } from '../signing/trust-root.ts';
import type { AttachmentFormat, SignatureVerdict } from '../signing/verdict.ts';
import type { CheckedRequest } from './request.ts';
import { withPulse } from './pulse.ts';

export interface VerifyInput {
  readonly run: string;
  readonly index: string;
  readonly shard: number;
  readonly request: CheckedRequest;
}

/** Counts over staging digests. */
export interface VerifyCounts {
  readonly checked: number;
  readonly passed: number;
  readonly quarantined: number;
  /** One sentence each, for what passed although something is to be said of it. */
  readonly warnings: readonly string[];
}

/** What is decided of one staging digest. */
export type Decision =
  | { readonly pass: true; readonly warning?: string }
  | { readonly pass: false; readonly reason: string; readonly why: string };

const DIGESTS_AT_ONCE = 32;
const WARNINGS_KEPT = 10;

/**
 * Decides on every staging digest of a shard, once and not per edge, and records what is kept from being promoted.
 *
 * @throws PromoterError what deciding threw, or `Store*`
 */
export async function verifyShard(
  store: PlanStore,
  phase: 'provenance' | 'validate',
  { run, index, shard }: VerifyInput,
  decide: (group: Group) => Promise<Decision>,
): Promise<VerifyCounts> {
  const { groups } = await readShard<Shard>(store, index, shard);
  const images = [...Map.groupBy(groups, ({ source, digest }) => `${source}@${digest}`).values()];
  let checked = 0;
  const decisions = await withPulse(
    () => ({ checked }),
    () =>
      pMap(
        images,
        async ([group]) => {
          const decision: Decision = group === undefined ? { pass: true } : await decide(group);
          checked++;
          return decision;
        },
        { concurrency: DIGESTS_AT_ONCE, signal: cancellationSignal() },
      ),
  );
  const warnings = decisions.flatMap((decision) =>
    decision.pass && decision.warning !== undefined ? [decision.warning] : [],
  );
  const refused = images.flatMap((image, at) => {
    const decision = decisions[at];
    return decision === undefined || decision.pass ? [] : image.map((group) => ({ group, decision }));
  });
  if (refused.length > 0) {
    const edges = refused.flatMap(({ group, decision: { reason, why } }) =>
      group.targets.flatMap((target) =>
        quarantineTarget(group, target, { phase, reason, message: `${group.source}@${group.digest}: ${why}` }),
      ),
    );
    await store.point(recordName(run, 'quarantine', `${phase}-${shardPart(shard)}`), await putEdges(store, edges));
    const excluded: Exclusion[] = refused.map(({ group: { source, digest } }) => ({ source, digest }));
    await store.point(recordName(run, 'excluded', `${phase}/${shardPart(shard)}`), await putDocument(store, excluded));
  }
  const quarantined = decisions.filter(({ pass }) => !pass).length;
  return {
    checked: images.length,
    passed: images.length - quarantined,
    quarantined,
    warnings: warnings.slice(0, WARNINGS_KEPT),
  };
}

/** What of a shard's groups the phases before Promote let through. */
export async function admittedGroups(
  store: PlanStore,
  run: string,
  shard: number,
  groups: readonly Group[],
): Promise<readonly Group[]> {
  const excluded = new Set<string>();
  for (const phase of ['provenance', 'validate']) {
    const list = await store.lookup(recordName(run, 'excluded', `${phase}/${shardPart(shard)}`));
    if (list === undefined) continue;
    const exclusions = await getDocument<readonly Exclusion[]>(store, list);
    for (const { source, digest } of exclusions) excluded.add(`${source}@${digest}`);
  }
  return groups.filter(({ source, digest }) => !excluded.has(`${source}@${digest}`));
}

/**
 * Says of everything attached to a group's digest whether it verifies. Only where there is something the trusted root is
 * asked for.
 *
 * @throws PromoterError `Registry*`, `TrustRootInvalid`, `SigningUnavailable`
 */
export async function verdictsOn(
  registry: Registry,
  group: Group,
  formats: readonly AttachmentFormat[],
  signers: IdentityPolicy,
  trust: () => Promise<TrustRoot>,
): Promise<readonly SignatureVerdict[]> {
  const { source: repository, digest } = group;
  const attachments = await readAttachments({ registry, repository, digest }, formatsToRead(group, formats));
  if (attachments.length === 0) return [];
  const options = { digest, trust: await trust(), policy: compilePolicy(signers) };
  return attachments.map((attachment) => judge(attachment, options));
}

/** The formats in which something may be attached to a group's digest: all of them, unless a listing told better. */
export function formatsToRead({ attached }: Group, formats: readonly AttachmentFormat[]): readonly AttachmentFormat[] {
  if (attached === undefined) return formats;
  return formats.filter((format) => {
    if (format === 'sig-tag') return attached.includes('.sig');
    if (format === 'att-tag') return attached.includes('.att');
    return true;
  });
}
