import pMap from 'p-map';
import { PromoterError, isTransient, messageOf } from '../errors.ts';
import { hostOf, type Digest, type RepositoryName } from '../reference.ts';
import type { Group, GroupTarget, WishShardResult } from './document.ts';
import type { Inventory, InventoryReader, SourceInventory } from './inventory.ts';
import type { QuarantinedEdge } from './quarantine.ts';
import { judge, type Edge, type Verdict } from './verdict.ts';
import type { DigestWish, ImageWish } from './wish.ts';

/** A host that cannot be used in this run, and why. */
export interface BrokenHost {
  readonly host: string;
  readonly reason: string;
  readonly message: string;
}

const REPOSITORIES_AT_ONCE = 128;

/** What could not be read: edges to it are quarantined, or tried all the same when that may yet succeed. */
type Unreadable = { readonly error: PromoterError };

/**
 * Reads both ends of every wish and judges every edge.
 *
 * A destination that cannot be read costs its own edges only: they are quarantined when asking again is useless, else
 * left to the promote phase, which asks again before it writes. A source that cannot be read fails the call.
 *
 * @throws PromoterError what reading a source threw
 */
export async function judgeWishes(
  reader: InventoryReader,
  wishes: readonly ImageWish[],
  options: {
    readonly broken: readonly BrokenHost[];
    /** Say what has been promoted before, too. */
    readonly existing?: boolean;
    readonly signal?: AbortSignal;
    readonly onRead?: () => void;
  },
): Promise<WishShardResult> {
  const sources = new Map<RepositoryName, Digest[]>();
  const destinations = new Map<RepositoryName, DigestWish[]>();
  for (const { source, destinations: names, digests } of wishes) {
    sources.set(source, [...(sources.get(source) ?? []), ...digests.map(({ digest }) => digest)]);
    for (const name of names) destinations.set(name, [...(destinations.get(name) ?? []), ...digests]);
  }
  const broken = new Map(options.broken.map((host) => [host.host, host]));
  const inSource = new Map<RepositoryName, SourceInventory>();
  const held = new Map<RepositoryName, Inventory | Unreadable>();
  const reads = [
    ...[...sources].map(([repository, digests]) => async () => {
      inSource.set(repository, await reader.readSource(repository, [...new Set(digests)], options.signal));
    }),
    ...[...destinations].map(([repository, wanted]) => async () => {
      held.set(repository, await readDestination(reader, repository, wanted, broken, options.signal));
    }),
  ];
  await pMap(
    reads,
    async (read) => {
      await read();
      options.onRead?.();
    },
    { concurrency: REPOSITORIES_AT_ONCE, ...(options.signal === undefined ? {} : { signal: options.signal }) },
  );
  const result = new Tally(options.existing === true);
  for (const wish of wishes) judgeWish(wish, inSource.get(wish.source) ?? { digests: new Set() }, held, result);
  return result.finish();
}

async function readDestination(
  reader: InventoryReader,
  repository: RepositoryName,
  wanted: readonly DigestWish[],
  broken: ReadonlyMap<string, BrokenHost>,
  signal: AbortSignal | undefined,
): Promise<Inventory | Unreadable> {
  const host = broken.get(hostOf(repository));
  if (host !== undefined) return { error: new PromoterError('RegistryRefused', host.message) };
  try {
    return await reader.readDestination(repository, wanted, signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof PromoterError) return { error };
    throw error;
  }
}

function judgeWish(
  wish: ImageWish,
  source: SourceInventory,
  held: ReadonlyMap<RepositoryName, Inventory | Unreadable>,
  result: Tally,
): void {
  for (const { digest, tags } of wish.digests) {
    const targets: GroupTarget[] = [];
    const done: GroupTarget[] = [];
    const inSource = source.digests.has(digest);
    for (const destination of wish.destinations) {
      const inventory = held.get(destination) ?? { digests: new Set(), tags: new Map() };
      const edges: Edge[] =
        tags.length === 0
          ? [{ source: wish.source, digest, destination }]
          : tags.map((tag) => ({ source: wish.source, digest, destination, tag }));
      const judged =
        'error' in inventory
          ? { wanted: judgeUnreadable(edges, inventory.error, inSource, result), done: undefined }
          : judgeEdges(edges, inSource, inventory, result);
      if (judged.wanted !== undefined) targets.push(judged.wanted);
      if (judged.done !== undefined) done.push(judged.done);
    }
    const settled = done
      .map(({ repository }) => repository)
      .filter((one) => targets.every((target) => target.repository !== one));
    const group = { source: wish.source, digest, ...attachedTo(digest, source) };
    if (targets.length > 0) result.groups.push({ ...group, targets, ...(settled.length === 0 ? {} : { settled }) });
    if (done.length > 0) result.keepExisting({ ...group, targets: done });
  }
}

function attachedTo(digest: Digest, { attachments, isClosed }: SourceInventory): Pick<Group, 'attached'> {
  if (attachments === undefined) return {};
  const tag = digest.replace(':', '-');
  const endings = ['', '.sig', '.att'].filter((ending) => attachments.has(`${tag}${ending}`));
  return { attached: isClosed === true && endings.length === 0 ? [] : [...endings, 'referrers'] };
}

function judgeEdges(
  edges: readonly Edge[],
  inSource: boolean,
  inventory: Inventory,
  result: Tally,
): { wanted: GroupTarget | undefined; done: GroupTarget | undefined } {
  const wanted: Edge[] = [];
  const done: Edge[] = [];
  for (const edge of edges) {
    const judgement = judge(edge, inSource, inventory);
    result.count(judgement.verdict);
    switch (judgement.verdict) {
      case 'promote':
      case 'tag-missing':
        wanted.push(edge);
        break;
      case 'done':
        if (judgement.warning !== undefined) result.warnings.push(judgement.warning);
        done.push(edge);
        break;
      case 'lost':
      case 'tag-move':
        result.quarantine.push(quarantined(edge, judgement.verdict, judgement.message));
        break;
    }
  }
  return { wanted: targetOf(wanted, (edge) => inventory.digests.has(edge.digest)), done: targetOf(done, () => true) };
}

function judgeUnreadable(
  edges: readonly Edge[],
  error: PromoterError,
  inSource: boolean,
  result: Tally,
): GroupTarget | undefined {
  for (const edge of edges) {
    result.count('unreadable');
    if (!inSource || !isTransient(error.code)) {
      result.quarantine.push(quarantined(edge, 'unreadable', messageOf(error)));
    }
  }
  if (!inSource || !isTransient(error.code)) return undefined;
  result.warnings.push(`${edges[0]?.destination} could not be read and will be tried all the same: ${error.message}`);
  return targetOf(edges, () => false);
}

function targetOf(edges: readonly Edge[], hasDigest: (edge: Edge) => boolean): GroupTarget | undefined {
  const [first] = edges;
  if (first === undefined) return undefined;
  return {
    repository: first.destination,
    tags: edges.flatMap(({ tag }) => (tag === undefined ? [] : [tag])),
    hasDigest: hasDigest(first),
  };
}

function quarantined(edge: Edge, reason: Verdict, message: string): QuarantinedEdge {
  return { ...edge, phase: 'plan', reason, message };
}

class Tally {
  readonly groups: Group[] = [];
  readonly #existing: Group[] = [];
  readonly quarantine: QuarantinedEdge[] = [];
  readonly warnings: string[] = [];
  readonly #verdicts: Partial<Record<Verdict, number>> = {};
  readonly #wantsExisting: boolean;

  constructor(wantsExisting: boolean) {
    this.#wantsExisting = wantsExisting;
  }

  count(verdict: Verdict): void {
    this.#verdicts[verdict] = (this.#verdicts[verdict] ?? 0) + 1;
  }

  // Nearly everything of a large production: kept only for whoever asked.
  keepExisting(group: Group): void {
    if (this.#wantsExisting) this.#existing.push(group);
  }

  finish(): WishShardResult {
    const { groups, quarantine, warnings } = this;
    return { groups, existing: this.#existing, quarantine, warnings, verdicts: this.#verdicts };
  }
}
