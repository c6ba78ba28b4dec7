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
import { AttachmentReading } from './attachment-reading.ts';
import type { StoredRequest } from './request.ts';
import { withPulse } from './pulse.ts';

export interface VerifyInput {
  readonly run: string;
  readonly index: string;
  readonly shard: number;
  readonly request: StoredRequest;
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

/** What deciding on staging images needs. */
export interface VerifyDependencies {
  readonly registry: Registry;
  readonly store: PlanStore;
}

const DIGESTS_AT_ONCE = 32;
const WARNINGS_KEPT = 10;

/**
 * Decides on every staging digest of a shard, once and not per edge, and records what is kept from being promoted.
 *
 * @throws PromoterError what deciding threw, or `Store*`
 */
export async function verifyShard(
  { registry, store }: VerifyDependencies,
  phase: 'provenance' | 'validate',
  { run, index, shard }: VerifyInput,
  decide: (group: Group, reading: AttachmentReading) => Promise<Decision>,
): Promise<VerifyCounts> {
  const { groups } = await readShard<Shard>(store, index, shard);
  const reading = await AttachmentReading.open({ registry, store, run, shard });
  const images = [...Map.groupBy(groups, ({ source, digest }) => `${source}@${digest}`).values()];
  let checked = 0;
  const decisions = await withPulse(
    () => ({ checked }),
    () =>
      pMap(
        images,
        async ([group]) => {
          const decision: Decision = group === undefined ? { pass: true } : await decide(group, reading);
          checked++;
          return decision;
        },
        { concurrency: DIGESTS_AT_ONCE, signal: cancellationSignal() },
      ),
  );
  if (phase === 'provenance') await reading.keep(groups);
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
