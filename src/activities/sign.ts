import { cancellationSignal } from '@temporalio/activity';
import { PromoterError } from '../errors.ts';
import { debtNames, readDebts } from '../plan/debts.ts';
import { putEdges, type Debt } from '../plan/document.ts';
import type { QuarantinedEdge } from '../plan/quarantine.ts';
import { recordName, shardPart } from '../plan/records.ts';
import type { Digest } from '../reference.ts';
import { copySignatures } from '../signing/copy-signatures.ts';
import { signDigest } from '../signing/sign-digest.ts';
import type { SigningContext } from '../signing/signing-context.ts';
import { claimsOf, debtKey, handOver, subjectsAt, type Claim } from './claims.ts';
import { addCounts } from './counts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { startPosition, withPosition } from './position.ts';
import { sideBySide } from './side-by-side.ts';
import { recordingSignatures } from './signature-records.ts';
import type { PinnedTrust } from './trust.ts';

/** The lists of debts that a run pays off, of its own and of earlier runs. */
export interface SigningDraft {
  readonly index: string;
  readonly shards: number;
}

export interface SignInput {
  readonly run: string;
  readonly index: string;
  readonly shard: number;
  /** Hosts that this run can use; what is elsewhere waits for another run. */
  readonly hosts: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
  /** Where an activity was that was stopped in the middle of this shard. */
  readonly from?: string;
}

/** Counts over identities and digests, children of indexes included. */
export interface SignCounts {
  readonly signed: number;
  /** Had a valid signature by us already. */
  readonly valid: number;
  /** Signatures and bundles handed to mirrors. */
  readonly handed: number;
  /** Destinations that could not be given what the canonical repository has. */
  readonly failed: number;
}

/** What a heartbeat carries: the debts that are settled everywhere, and what that took. */
interface SignPosition {
  readonly done: readonly string[];
  readonly counts: SignCounts;
}

const NOTHING: SignCounts = { signed: 0, valid: 0, handed: 0, failed: 0 };
const DEBTS_AT_ONCE = 50;
// The children of an index; their signatures lie under tags and lists of their own.
const SUBJECTS_AT_ONCE = 8;

/** Lists the debts. @throws PromoterError `Store*` */
export function createDraftSigning({ store }: ActivityDependencies) {
  return async function draftSigning(): Promise<SigningDraft> {
    const names = await debtNames(store);
    const index = await store.put(new TextEncoder().encode(JSON.stringify(names)));
    return { index, shards: names.length };
  };
}

/**
 * Signs every digest of one list of debts, indexes and their children alike: first in the canonical repository of each
 * identity, then handed to the other destinations. A mirror that cannot be written to is reported and left behind.
 *
 * @throws PromoterError `Identity*`, `Signing*`, `Signature*`, `Store*`, or what the canonical registry answered
 */
export function createSignShard(dependencies: ActivityDependencies, trust: PinnedTrust) {
  const { store } = dependencies;
  return async function signShard(input: SignInput): Promise<SignCounts> {
    const opened = await signingContext(dependencies, trust, input.run);
    const debts = await readDebts(store, await debtListAt(store, input.index, input.shard));
    const earlier = await startPosition<SignPosition>(store, input.from);
    const done = new Set(earlier?.done);
    let complete = earlier?.counts ?? NOTHING;
    let incomplete = NOTHING;
    const failures: QuarantinedEdge[] = [];
    await recordingSignatures({ store, run: input.run, phase: 'sign' }, opened, (context) =>
      withPosition(
        store,
        () => ({ done: [...done], counts: complete }) satisfies SignPosition,
        () =>
          sideBySide(
            debts.filter((debt) => !done.has(debtKey(debt))),
            DEBTS_AT_ONCE,
            async (debt) => {
              let counts = NOTHING;
              for (const claim of claimsOf(debt, dependencies.signing, input.hosts)) {
                const result = await signClaim(context, debt, claim, input.annotations);
                counts = addCounts(counts, result.counts);
                failures.push(...result.failures);
              }
              // What failed for a mirror is only in memory: whoever goes on from the position meets it again.
              if (counts.failed > 0) incomplete = addCounts(incomplete, counts);
              else {
                done.add(debtKey(debt));
                complete = addCounts(complete, counts);
              }
            },
            cancellationSignal(),
          ),
      ),
    );
    if (failures.length > 0) {
      await store.point(
        recordName(input.run, 'quarantine', `sign-${shardPart(input.shard)}`),
        await putEdges(store, failures),
      );
    }
    return addCounts(complete, incomplete);
  };
}

/** The name of the list of debts at a place of the index that {@link createDraftSigning} wrote. */
export async function debtListAt(store: ActivityDependencies['store'], index: string, shard: number): Promise<string> {
  const names = JSON.parse(new TextDecoder().decode(await store.get(index as Digest))) as readonly string[];
  const name = names[shard];
  if (name === undefined)
    throw new PromoterError('StoreCorrupt', `there is no list of debts ${shard} among ${names.length}`);
  return name;
}

/** What signing under a run's trusted root takes. @throws PromoterError `ConfigInvalid` on a worker that cannot sign */
export async function signingContext(
  { signing }: ActivityDependencies,
  trust: PinnedTrust,
  run: string,
): Promise<SigningContext> {
  if (signing.context === undefined) throw cannotSign();
  return { ...(await signing.context()), trust: await trust.of(run) };
}

/** What is said of a worker without a signing config or an identity. */
export function cannotSign(): PromoterError {
  return new PromoterError(
    'ConfigInvalid',
    'this worker is not set up to sign: give it a signing config and an identity, or start the run with "sign": false (--sign=false)',
  );
}

async function signClaim(
  context: SigningContext,
  debt: Debt,
  { identity, canonical, targets }: Claim,
  annotations: Readonly<Record<string, string>>,
): Promise<{ counts: SignCounts; failures: readonly QuarantinedEdge[] }> {
  const subjects = await subjectsAt(context, canonical, debt.digest);
  const signed = await sideBySide(subjects, SUBJECTS_AT_ONCE, async (subject): Promise<SignCounts> => {
    // What staging signed stays beside our signature (kpromo's pre-copy), and must not come later: it would hide ours.
    await copySignatures(context, { from: debt.source, to: canonical, subject });
    const { legacy, bundle } = await signDigest(context, { repository: canonical, subject, identity, annotations });
    const written = legacy === 'written' || bundle === 'written';
    return { ...NOTHING, signed: written ? 1 : 0, valid: written ? 0 : 1 };
  });
  const counts = signed.reduce(addCounts, NOTHING);
  const mirrors = targets.filter(({ repository }) => repository !== canonical);
  const handed = await handOver(context, { debt, canonical, mirrors, subjects, phase: 'sign' });
  return {
    counts: addCounts(counts, { ...NOTHING, handed: handed.copied, failed: handed.failures.length }),
    failures: handed.failures,
  };
}
