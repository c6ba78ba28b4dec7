import { getDocument, type Group, type Shard, type ShardIndex } from '../plan/document.ts';
import type { PlanStore } from '../plan/store.ts';
import type { Digest } from '../reference.ts';
import { renderTable } from './text-table.ts';
import { counted } from './units.ts';

/** One edge of a plan, as people and programs read it. */
export interface PlanRow {
  readonly source: string;
  readonly digest: string;
  readonly destination: string;
  /** Absent for an edge without a tag. */
  readonly tag?: string;
  readonly verdict: 'promote' | 'tag-missing';
}

const HEX_SHOWN = 12;

/** Reads the edges of a plan that have something to do, shard by shard. @throws PromoterError `Store*` */
export async function* readPlanRows(store: PlanStore, plan: string): AsyncGenerator<PlanRow> {
  const { shards } = await getDocument<ShardIndex>(store, plan as Digest);
  for (const digest of shards) {
    const { groups } = await getDocument<Shard>(store, digest);
    for (const group of groups) yield* rowsOf(group);
  }
}

function* rowsOf({ source, digest, targets }: Group): Generator<PlanRow> {
  for (const { repository, tags, hasDigest } of targets) {
    const row = { source, digest, destination: repository, verdict: hasDigest ? 'tag-missing' : 'promote' } as const;
    if (tags.length === 0) yield row;
    for (const tag of tags) yield { ...row, tag };
  }
}

/** The first rows of a plan as a table, and how many more there are. */
export async function renderPlan(
  rows: AsyncIterable<PlanRow>,
  edges: number,
  { limit, width }: { readonly limit: number; readonly width?: number | undefined },
): Promise<string> {
  const shown: PlanRow[] = [];
  for await (const row of rows) {
    if (shown.length === limit) break;
    shown.push(row);
  }
  if (shown.length === 0) return '';
  const cells = shown.map(({ source, digest, destination, tag = '-', verdict }) => [
    source,
    shortDigest(digest),
    destination,
    tag,
    verdict,
  ]);
  const table = renderTable(['SOURCE', 'DIGEST', 'DESTINATION', 'TAG', 'VERDICT'], cells, width);
  const more = edges - shown.length;
  return more > 0 ? `${table}… and ${counted(more, 'more edge')} (--json prints all)\n` : table;
}

/** The part of a digest that people compare by eye. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, HEX_SHOWN);
}
