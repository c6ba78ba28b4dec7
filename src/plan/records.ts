import type { Digest } from '../reference.ts';
import type { PlanStore } from './store.ts';

/** A run's own names in the plan store: what its activities leave for each other, shard by shard. */
export type RecordKind =
  | 'judged'
  | 'residue'
  | 'quarantine'
  | 'excluded'
  | 'bare'
  | 'policies'
  | 'trust'
  | 'replicated'
  | 'files'
  | 'traffic'
  | 'evidence';

/** The name of a record; `part` tells apart what one kind holds several of, e.g. a round and a shard. */
export function recordName(run: string, kind: RecordKind, part: string): string {
  return `runs/${run.toLowerCase()}/${kind}/${part}`;
}

/** Everything a run has recorded of one kind below a part, in the order of its names. */
export async function recordsOf(
  store: PlanStore,
  run: string,
  kind: RecordKind,
  part = '',
): Promise<readonly Digest[]> {
  const prefix = part === '' ? recordName(run, kind, '') : `${recordName(run, kind, part)}/`;
  const names = await store.names(prefix);
  const digests = await Promise.all(names.map((name) => store.lookup(name)));
  return digests.filter((digest) => digest !== undefined);
}

/** A shard's number as it stands in names, so that they sort as numbers do. */
export function shardPart(shard: number): string {
  return String(shard).padStart(6, '0');
}
