import { PromoterError } from '../errors.ts';
import { turnsOf } from '../plan/content-reading.ts';
import type { Audit } from '../plan/replication-audit.ts';
import type { Checkpoint, PairState } from '../plan/replication-checkpoint.ts';
import { compared, metAt, unreachable } from '../plan/replication-pairs.ts';
import { digestsIn, mirrorsBySubject, mirrorsOf, type ReplicationTask } from '../plan/replication.ts';
import type { RepositoryName } from '../reference.ts';
import type { Registry } from '../registry/registry.ts';
import { explainUntagged, learnChildren, type ReferrerKnowledge } from '../signing/referrer-knowledge.ts';
import { findGap, isClosed, type GapRequest, type SignatureGap } from '../signing/signature-gap.ts';
import { mendSignatures, type MendingContext, type MirrorMending } from '../signing/signature-mending.ts';
import { hashSignatures, signatureSetOf } from '../signing/signature-set.ts';
import { openSourceSignatures, type SourceSignatures } from '../signing/source-signatures.ts';
import type { MendedPair, ReplicationCounts, ReplicationResidue } from '../workflows/replication-messages.ts';
import type { MirrorHealth } from './mirror-health.ts';
import { contentOf, countsOf, mendedPair, residueOf } from './mirror-findings.ts';
import { sideBySide } from './side-by-side.ts';

/** What replicating takes. */
export interface ReplicationContext extends MendingContext {
  readonly registry: Registry;
  readonly health: MirrorHealth;
}

/** What one sweep is to do about a source. */
export interface SourceSweep {
  readonly task: ReplicationTask;
  readonly checkpoint: Checkpoint | undefined;
  readonly knowledge: ReferrerKnowledge;
  /** Mirrors that are compared though nothing has changed. */
  readonly audits: ReadonlyMap<RepositoryName, Audit>;
  /** Compare every mirror, down to the last byte. */
  readonly full: boolean;
  readonly confirm: boolean;
  readonly copiesAtOnce: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly signal?: AbortSignal;
}

/** What a sweep found and did about a source. */
export interface SourceSweepResult {
  readonly signatures: SourceSignatures;
  /** As they were before anything was written. */
  readonly gaps: readonly SignatureGap[];
  readonly pairs: readonly PairState[];
  readonly attached: boolean;
  readonly knowledge: ReferrerKnowledge;
  readonly counts: ReplicationCounts;
  readonly residue: readonly ReplicationResidue[];
  readonly mended: readonly MendedPair[];
  readonly caughtUp: readonly { readonly mirror: RepositoryName; readonly since: number }[];
}

const MIRRORS_AT_ONCE = 32;

/**
 * Makes the mirrors of one source have what it has attached: one listing of the source, one of each mirror that may lack
 * something, and what it takes to copy it. A mirror's failure is in the result.
 *
 * @throws PromoterError the source's errors
 */
export async function replicateSource(context: ReplicationContext, sweep: SourceSweep): Promise<SourceSweepResult> {
  const { task, checkpoint, audits, full } = sweep;
  const { registry } = context;
  const promoted = digestsIn(task);
  const set = signatureSetOf(await registry.listRepository(task.source));
  const listsAll = set.digests !== undefined;
  const explained = listsAll
    ? await explainUntagged(registry, task.source, set, promoted, sweep.knowledge)
    : sweep.knowledge;
  let knowledge = explained;
  const referrers = listsAll ? knowledge.referrers : [];
  const hash = hashSignatures(set, referrers, scopeOf(task));
  const signatures = openSourceSignatures(registry, {
    repository: task.source,
    set,
    referrers,
    images: async () => {
      knowledge = await learnChildren(registry, task.source, promoted, knowledge);
      return [...promoted, ...knowledge.children];
    },
  });
  const known = new Map(checkpoint?.pairs.map((pair) => [pair.mirror, pair]));
  const mirrors = mirrorsOf(task);
  // Where nothing is attached there is nothing to lack; that no tag says so is proof of it only where listings tell all.
  const bare = set.tags.size + referrers.length === 0;
  const attached = !bare || !listsAll;
  const isDue = (mirror: RepositoryName): boolean =>
    bare ? attached && (full || audits.has(mirror)) : full || audits.has(mirror) || known.get(mirror)?.hash !== hash;
  const { gaps, failures } = await findGaps(context, sweep, signatures, mirrors.filter(isDue), known);
  const open = gaps.filter((gap) => !isClosed(gap));
  const options = { atOnce: sweep.copiesAtOnce, ...(sweep.signal === undefined ? {} : { signal: sweep.signal }) };
  const mendings = sweep.confirm
    ? await mendSignatures(context, signatures, open, options)
    : new Map<RepositoryName, MirrorMending>();

  const residue = [...failures].map(([mirror, error]) => residueOf(task.source, mirror, error));
  const caughtUp: { mirror: RepositoryName; since: number }[] = [];
  const pairs = mirrors.map((mirror): PairState => {
    const before = known.get(mirror);
    const gap = gaps.find((one) => one.mirror === mirror);
    const mending = mendings.get(mirror);
    if (gap === undefined && !failures.has(mirror)) {
      return before?.hash === hash ? before : { ...metAt(mirror, sweep.now), ...before, hash };
    }
    if (gap === undefined) return unreachable(mirror, before, sweep.now);
    if (mending?.failure !== undefined) residue.push(residueOf(task.source, mirror, mending.failure));
    const closed = mending?.failure === undefined && (sweep.confirm || isClosed(gap));
    if (closed && before?.behindSince !== undefined) caughtUp.push({ mirror, since: before.behindSince });
    const found = { compared: gap.compared, accepted: mending?.accepted ?? {}, content: contentOf(gap, closed) };
    return compared(mirror, before, closed ? { ...found, hash } : found, sweep.now);
  });
  return {
    signatures,
    gaps,
    pairs,
    attached,
    knowledge,
    counts: countsOf(gaps, mendings),
    residue,
    mended: open.filter(({ mirror }) => known.get(mirror)?.hash === hash).map((gap) => mendedPair(task.source, gap)),
    caughtUp,
  };
}

async function findGaps(
  { registry, health }: ReplicationContext,
  { task, audits, full, signal }: SourceSweep,
  signatures: SourceSignatures,
  mirrors: readonly RepositoryName[],
  known: ReadonlyMap<RepositoryName, PairState>,
): Promise<{ gaps: readonly SignatureGap[]; failures: ReadonlyMap<RepositoryName, PromoterError> }> {
  const wantedBy = mirrorsBySubject(task);
  const failures = new Map<RepositoryName, PromoterError>();
  const found = await sideBySide(
    mirrors,
    MIRRORS_AT_ONCE,
    async (mirror) => {
      const { accepted = {}, reading } = known.get(mirror) ?? {};
      const audit = audits.get(mirror);
      // What was damaged is no longer only where it is read.
      const probe = full || audit !== undefined || reading?.damaged !== undefined;
      const reads: GapRequest['reads'] = (present) => (full ? present : turnsOf(reading, present, audit?.reads ?? 0));
      const wants = (subject: Parameters<typeof wantedBy>[0]): boolean => wantedBy(subject).includes(mirror);
      try {
        return await health.ask(mirror, () => findGap(registry, signatures, { mirror, probe, reads, wants, accepted }));
      } catch (error) {
        if (!(error instanceof PromoterError)) throw error;
        failures.set(mirror, error);
        return undefined;
      }
    },
    signal,
  );
  return { gaps: found.filter((gap) => gap !== undefined), failures };
}

/** Where not all mirrors are to have the same, a change of who is to have what is a change of the signatures. */
function scopeOf({ shares }: ReplicationTask): string {
  return shares.length === 1 ? '' : JSON.stringify(shares);
}
