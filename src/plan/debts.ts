import { createHash } from 'node:crypto';
import type { Digest, RepositoryName } from '../reference.ts';
import { getDocument, putDocument, type Debt } from './document.ts';
import type { PlanStore } from './store.ts';

const PREFIX = 'debts/';

/**
 * Records what a shard is about to promote, before the first byte is written. When nothing but a crash follows, the next
 * run still finds what was left without a signature; an unchanged production has no debts and costs no request.
 */
export async function recordDebts(store: PlanStore, run: string, part: string, debts: readonly Debt[]): Promise<void> {
  if (debts.length === 0) return;
  await store.point(`${PREFIX}${run.toLowerCase()}/${part}`, await putDocument(store, debts));
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

const LEDGER = 'signed/';

/**
 * The digests of a source repository that are known to carry our valid signature and attestation wherever they were
 * promoted to. What is missing here is merely looked at again.
 */
export async function signedDigests(store: PlanStore, source: RepositoryName): Promise<ReadonlySet<Digest>> {
  const digest = await store.lookup(ledgerName(source));
  return new Set(digest === undefined ? [] : await getDocument<readonly Digest[]>(store, digest));
}

/** Adds to {@link signedDigests}. */
export async function rememberSigned(store: PlanStore, debts: readonly Debt[]): Promise<void> {
  for (const [source, paid] of Map.groupBy(debts, (debt) => debt.source)) {
    const known = new Set(await signedDigests(store, source));
    for (const { digest } of paid) known.add(digest);
    await store.point(ledgerName(source), await putDocument(store, [...known].sort()));
  }
}

function ledgerName(source: RepositoryName): string {
  return `${LEDGER}${createHash('sha256').update(source).digest('hex')}`;
}
