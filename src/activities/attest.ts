import { cancellationSignal } from '@temporalio/activity';
import { readDebts, rememberSigned, settleDebts } from '../plan/debts.ts';
import { getEdges, putEdges, type Debt } from '../plan/document.ts';
import type { QuarantinedEdge } from '../plan/quarantine.ts';
import { recordName, shardPart } from '../plan/records.ts';
import type { PlanStore } from '../plan/store.ts';
import { attestDigest } from '../signing/attest-digest.ts';
import { promotionPredicate } from '../signing/predicates.ts';
import type { SigningContext } from '../signing/signing-context.ts';
import { claimsOf, debtKey, handOver, type Claim } from './claims.ts';
import { addCounts } from './counts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { startPosition, withPosition } from './position.ts';
import { sideBySide } from './side-by-side.ts';
import { debtListAt, signingContext, type SignInput } from './sign.ts';
import { recordingSignatures } from './signature-records.ts';
import type { PinnedTrust } from './trust.ts';

export type AttestInput = Omit<SignInput, 'annotations'>;

/** Counts over identities and digests. */
export interface AttestCounts {
  readonly attested: number;
  readonly valid: number;
  readonly handed: number;
  readonly failed: number;
}

/** What a promotion attestation's predicate says it is. */
export const PROMOTION_PREDICATE = 'https://k8s.io/promo-tools/promotion/v1';

/** What a heartbeat carries: the debts that are paid, and what that took. */
interface AttestPosition {
  readonly paid: readonly string[];
  readonly counts: AttestCounts;
}

const NOTHING: AttestCounts = { attested: 0, valid: 0, handed: 0, failed: 0 };
const DEBTS_AT_ONCE = 50;

/**
 * Attests the promotion of every digest of one list of debts, once for each identity, reads it back, hands it to the
 * mirrors, and strikes from the list what is signed and attested everywhere that this run can reach.
 *
 * @throws PromoterError as {@link createSignShard} does
 */
export function createAttestShard(dependencies: ActivityDependencies, trust: PinnedTrust) {
  const { store } = dependencies;
  return async function attestShard(input: AttestInput): Promise<AttestCounts> {
    const opened = await signingContext(dependencies, trust, input.run);
    const list = await debtListAt(store, input.index, input.shard);
    const debts = await readDebts(store, list);
    const earlier = await startPosition<AttestPosition>(store, input.from);
    const paid = new Set(earlier?.paid);
    let complete = earlier?.counts ?? NOTHING;
    let incomplete = NOTHING;
    const failures: QuarantinedEdge[] = [];
    const attested: Debt[] = [];
    // What Sign could not hand to a mirror is still owed, however well attesting goes.
    const unhanded = new Set((await signFailures(store, input)).map(debtKey));
    await recordingSignatures({ store, run: input.run, phase: 'attest' }, opened, (context) =>
      withPosition(
        store,
        () => ({ paid: [...paid], counts: complete }) satisfies AttestPosition,
        () =>
          sideBySide(
            debts.filter((debt) => !paid.has(debtKey(debt))),
            DEBTS_AT_ONCE,
            async (debt) => {
              const states = new Set<ClaimState>();
              let counts = NOTHING;
              for (const claim of claimsOf(debt, dependencies.signing, input.hosts)) {
                const result = await attestClaim(context, debt, claim, dependencies.signing.builderId);
                counts = addCounts(counts, result.counts);
                failures.push(...result.failures);
                states.add(result.state);
              }
              // All of its hosts are another run's, or out of reach: neither paid nor ours to strike.
              if (states.size === 0) return;
              if (states.has('incomplete') || unhanded.has(debtKey(debt))) {
                incomplete = addCounts(incomplete, counts);
                return;
              }
              complete = addCounts(complete, counts);
              paid.add(debtKey(debt));
              if (states.size === 1 && states.has('complete')) attested.push(debt);
            },
            cancellationSignal(),
          ),
      ),
    );
    const owed = debts.filter((debt) => !paid.has(debtKey(debt)));
    // The run whose list this is may have settled it meanwhile.
    if (owed.length < debts.length) await settleDebts(store, list, owed);
    await rememberSigned(store, attested);
    if (failures.length > 0) {
      const name = recordName(input.run, 'quarantine', `attest-${shardPart(input.shard)}`);
      await store.point(name, await putEdges(store, failures));
    }
    return addCounts(complete, incomplete);
  };
}

async function signFailures(
  store: PlanStore,
  { run, shard }: AttestInput,
): Promise<readonly Pick<QuarantinedEdge, 'source' | 'digest'>[]> {
  const list = await store.lookup(recordName(run, 'quarantine', `sign-${shardPart(shard)}`));
  return list === undefined ? [] : getEdges(store, list);
}

type ClaimState = 'complete' | 'incomplete' | 'absent';

async function attestClaim(
  context: SigningContext,
  debt: Debt,
  claim: Claim,
  builderId: string,
): Promise<{ counts: AttestCounts; failures: readonly QuarantinedEdge[]; state: ClaimState }> {
  const { identity, canonical, targets } = claim;
  const subject = await context.registry.headManifest(canonical, debt.digest);
  // What never arrived owes nothing: a run that promotes it records that itself.
  if (subject === undefined) return { counts: NOTHING, failures: [], state: 'absent' };
  const { attestation } = await attestDigest(context, {
    repository: canonical,
    subject,
    identity,
    predicateType: PROMOTION_PREDICATE,
    predicate: predicateOf(debt, claim, builderId),
  });
  const mirrors = targets.filter(({ repository }) => repository !== canonical);
  const handed = await handOver(context, { debt, canonical, mirrors, subjects: [subject], phase: 'attest' });
  const written = attestation === 'written';
  return {
    counts: {
      attested: written ? 1 : 0,
      valid: written ? 0 : 1,
      handed: handed.copied,
      failed: handed.failures.length,
    },
    failures: handed.failures,
    state: handed.failures.length === 0 ? 'complete' : 'incomplete',
  };
}

function predicateOf(debt: Debt, { identity, canonical, targets }: Claim, builderId: string): unknown {
  const { source, digest, workflowId, runId, commit } = debt;
  return promotionPredicate({
    digest,
    source,
    destination: canonical,
    destinations: targets.map(({ repository }) => repository),
    identity,
    tags: [...new Set(targets.flatMap(({ tags }) => tags))],
    ...(commit === undefined ? {} : { commit }),
    workflowId,
    runId,
    builderId,
    builderVersion: builderId.slice(builderId.lastIndexOf('@') + 1),
    time: new Date().toISOString(),
  });
}
