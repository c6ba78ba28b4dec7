import { activityInfo, cancellationSignal } from '@temporalio/activity';
import pMap from 'p-map';
import { isTransient } from '../errors.ts';
import {
  putDocument,
  type Group,
  type GroupTarget,
  type ResidueEntry,
  type Shard,
  readShard,
} from '../plan/document.ts';
import { recordName, shardPart } from '../plan/records.ts';
import { recordDebts } from '../plan/debts.ts';
import type { Listings } from '../plan/listings.ts';
import { splitWithheld } from '../plan/withheld.ts';
import type { TargetOutcome } from '../registry/copy.ts';
import type { CopyCounts } from '../workflows/messages.ts';
import { addCounts } from './counts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { debtsOf } from './owing.ts';
import { startPosition, withPosition } from './position.ts';
import { createReadBack } from './read-back.ts';
import { admittedGroups } from './verification.ts';
import { readOrders } from './withholding.ts';

export interface PromoteInput {
  readonly run: string;
  /** The plan, or the index of a round of residue. */
  readonly index: string;
  readonly shard: number;
  /** 0 for the plan itself; later rounds work on what earlier ones left. */
  readonly round: number;
  readonly commit?: string;
  /** What operators keep back, by reference. */
  readonly withheld?: string;
  /** Where an activity was that was stopped in the middle of this shard. */
  readonly from?: string;
}

export interface PromoteResult {
  readonly counts: CopyCounts;
  /** (group, destination) pairs that failed. */
  readonly residue: number;
  /** Whether none did: nobody has to look for what did. Absent where an earlier version worked. */
  readonly clean?: boolean;
}

/** What a heartbeat carries: the groups that are complete at all of their destinations, and what that took. */
interface PromotePosition {
  readonly index: string;
  readonly done: readonly number[];
  readonly counts: CopyCounts;
}

const GROUPS_AT_ONCE = 48;
export const NOTHING_COPIED: CopyCounts = { edges: 0, present: 0, manifests: 0, blobs: 0, mounted: 0, bytes: 0 };

/**
 * Copies the groups of one shard and reads back what the destinations acknowledged. A pair that fails goes to the residue
 * with its reason and the shard goes on.
 *
 * An attempt resumes behind the groups that an earlier one completed, and asks before it writes what that one may have
 * written.
 *
 * @throws PromoterError `Store*`
 */
export function createPromoteShard({ copier, registry, store }: ActivityDependencies, listings: Listings) {
  const readBack = createReadBack(registry, listings);
  return async function promoteShard(input: PromoteInput): Promise<PromoteResult> {
    const { run, index, shard, round, commit, from } = input;
    const planned = (await readShard<Shard>(store, index, shard)).groups;
    // The residue of a round holds nothing that was kept back before.
    const groups = round === 0 ? await admittedGroups(store, run, shard, planned) : planned;
    const earlier = await startPosition<PromotePosition>(store, from);
    const done = new Set(earlier?.index === index ? earlier.done : []);
    let complete = earlier?.index === index ? earlier.counts : NOTHING_COPIED;
    let incomplete = NOTHING_COPIED;
    const orders = await readOrders(store, input.withheld);
    const again = activityInfo().attempt > 1 || from !== undefined;
    const resumed = round > 0 || again;
    const signal = cancellationSignal();
    const residue: ResidueEntry[] = [];
    if (round === 0) await recordDebts(store, run, shardPart(shard), debtsOf(groups, run, commit));
    const position = (): PromotePosition => ({ index, done: [...done], counts: complete });
    await withPosition(store, position, async () => {
      await pMap(
        [...groups.entries()].filter(([at]) => !done.has(at)),
        async ([at, group]) => {
          const { open, kept } = splitWithheld(group, orders);
          const outcomes = open.targets.length === 0 ? [] : await copier.copy(open, { signal, resumed });
          signal.throwIfAborted();
          const left = [...residueOf(open, outcomes), ...kept];
          residue.push(...left);
          if (left.length > 0) incomplete = addOutcomes(incomplete, open, outcomes);
          else {
            complete = addOutcomes(complete, open, outcomes);
            done.add(at);
          }
        },
        { concurrency: GROUPS_AT_ONCE, signal },
      );
      // All of the shard: who stopped an earlier attempt did so before it had read anything back.
      const lost = await readBack.read(withoutResidue(groups, residue), signal);
      residue.push(...lost);
      incomplete = { ...incomplete, edges: incomplete.edges - lost.length };
    });
    const name = recordName(run, 'residue', `${round}/${shardPart(shard)}`);
    // An earlier attempt may have left a record that this one has made untrue.
    if (residue.length > 0 || again) await store.point(name, await putDocument(store, residue));
    return { counts: addCounts(complete, incomplete), residue: residue.length, clean: residue.length === 0 };
  };
}

/** Groups with the tags and destinations that did not fail. */
function withoutResidue(groups: readonly Group[], residue: readonly ResidueEntry[]): readonly Group[] {
  const failed = new Set(residue.flatMap(({ group }) => referencesOf(group)));
  return groups.map((group) => ({
    ...group,
    targets: group.targets.flatMap((target): readonly GroupTarget[] => {
      if (target.tags.length === 0) return failed.has(referenceOf(group, target)) ? [] : [target];
      const tags = target.tags.filter((tag) => !failed.has(referenceOf(group, target, tag)));
      return tags.length === 0 ? [] : [{ ...target, tags }];
    }),
  }));
}

function referencesOf(group: Group): readonly string[] {
  return group.targets.flatMap((target) =>
    target.tags.length === 0 ? [referenceOf(group, target)] : target.tags.map((tag) => referenceOf(group, target, tag)),
  );
}

function referenceOf({ digest }: Group, { repository }: GroupTarget, tag = ''): string {
  return `${repository}:${tag}@${digest}`;
}

function residueOf(group: Group, outcomes: readonly TargetOutcome[]): readonly ResidueEntry[] {
  return outcomes.flatMap((outcome): ResidueEntry[] => {
    const target = group.targets.find(({ repository }) => repository === outcome.repository);
    if (target === undefined) return [];
    const rest = (left: GroupTarget): Group => ({ ...group, targets: [left] });
    switch (outcome.kind) {
      case 'failed': {
        const { code, message, retryAfterMs } = outcome.error;
        const transient = isTransient(code);
        const wait = retryAfterMs === undefined ? {} : { retryAt: Date.now() + retryAfterMs };
        return [{ group: rest(target), reason: code, message, transient, ...wait }];
      }
      case 'tag-moved': {
        const message = `tag '${outcome.tag}' in dest ${outcome.repository} points to ${outcome.found} by now, not ${group.digest}; tag moves are not supported`;
        return [{ group: rest({ ...target, tags: [outcome.tag] }), reason: 'tag-move', message, transient: false }];
      }
      case 'copied':
      case 'present':
        return [];
    }
  });
}

function addOutcomes(counts: CopyCounts, group: Group, outcomes: readonly TargetOutcome[]): CopyCounts {
  return outcomes.reduce((sum, outcome) => {
    switch (outcome.kind) {
      case 'copied':
        return {
          edges: sum.edges + Math.max(1, outcome.tags.length),
          present: sum.present,
          manifests: sum.manifests + outcome.manifests,
          blobs: sum.blobs + outcome.blobs,
          mounted: sum.mounted + outcome.mounted,
          bytes: sum.bytes + outcome.bytes,
        };
      case 'present': {
        const target = group.targets.find(({ repository }) => repository === outcome.repository);
        return { ...sum, present: sum.present + Math.max(1, target?.tags.length ?? 0) };
      }
      case 'tag-moved':
      case 'failed':
        return sum;
    }
  }, counts);
}
