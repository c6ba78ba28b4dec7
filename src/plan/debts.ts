import type { Digest } from '../reference.ts';
import { getDocument, putDocument, type Debt } from './document.ts';
import { shardPart } from './records.ts';
import type { PlanStore } from './store.ts';

const PREFIX = 'debts/';

/**
 * Records what a shard is about to promote, before the first byte is written. When nothing but a crash follows, the next
 * run still finds what was left without a signature; an unchanged production has no debts and costs no request.
 */
export async function recordDebts(store: PlanStore, run: string, shard: number, debts: readonly Debt[]): Promise<void> {
  if (debts.length === 0) return;
  await store.point(`${PREFIX}${run.toLowerCase()}/${shardPart(shard)}`, await putDocument(store, debts));
}

/** The names of all lists of debts, of this run and of earlier ones. */
export function debtNames(store: PlanStore): Promise<readonly string[]> {
  return store.names(PREFIX);
}

/** Reads a list of debts; one that has been settled meanwhile is empty. */
export async function readDebts(store: PlanStore, name: string): Promise<readonly Debt[]> {
  const digest: Digest | undefined = await store.lookup(name);
  return digest === undefined ? [] : getDocument<readonly Debt[]>(store, digest);
}

/** Keeps of a list only what is still owed. */
export async function settleDebts(store: PlanStore, name: string, rest: readonly Debt[]): Promise<void> {
  if (rest.length === 0) await store.remove(name);
  else await store.point(name, await putDocument(store, rest));
}
