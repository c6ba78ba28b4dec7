import { setTimeout as delay } from 'node:timers/promises';
import { cancellationSignal } from '@temporalio/activity';
import { PromoterError } from '../errors.ts';
import type { ApprovalRule } from '../gate/approval-rule.ts';
import type { PlacedCommit } from '../gate/commit-signature.ts';
import type { FreezeWindow } from '../gate/freeze-calendar.ts';
import type { GitHubProofs, Proof } from '../gate/github-proof.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withPulse } from './pulse.ts';

/** What holds up promotions, as a worker is configured, and whom it asks for proof. */
export interface GateDependencies {
  readonly rule: ApprovalRule;
  readonly timeoutMs?: number;
  readonly repository?: string;
  readonly freeze: readonly FreezeWindow[];
  readonly proofs: GitHubProofs;
  /** Looks itself at the signature of a commit; GitHub is asked unless given. */
  readonly proveSignature?: (commit: PlacedCommit, signal: AbortSignal) => Promise<Proof>;
  /** Between two questions, in milliseconds; half a minute unless given. */
  readonly pauseMs?: number;
}

export interface ProofInput {
  readonly rule: ApprovalRule;
  readonly commit?: string;
  /** Where Setup took the manifests of this commit from, when its signature is to be looked at there. */
  readonly url?: string;
  /** How long the workflow would wait, in milliseconds. */
  readonly patienceMs: number;
}

/** One activity asks no longer than that, so that what is missing is shown now and then. */
const LONGEST_MS = 3 * 60_000;
const PAUSE_MS = 30_000;

/**
 * Asks GitHub whether a commit was approved, again and again for some minutes; or looks at its signature itself, once: a
 * commit is not signed later.
 *
 * @throws PromoterError `RequestInvalid` when the run is of no known commit, or it is signed by nobody who may;
 *   `ConfigInvalid` when the worker does not know whose; `GitHubRefused`; or as fetching the commit does
 */
export function createProveApproval({ gate }: ActivityDependencies) {
  return async function proveApproval({ rule, commit, url, patienceMs }: ProofInput): Promise<Proof> {
    const known = fullCommit(commit);
    const { proofs, proveSignature } = gate;
    if (url !== undefined && proveSignature !== undefined) {
      const signal = cancellationSignal();
      const proof = await withPulse(
        () => undefined,
        () => proveSignature({ commit: known, url }, signal),
      );
      if (proof.approved) return proof;
      throw new PromoterError('RequestInvalid', `${proof.why}, which the approval is to be; nothing was copied`);
    }
    const what = { commit: known, repository: repositoryOf(gate) };
    const ask = (): Promise<Proof> => (rule === 'signed-commit' ? proofs.signature(what) : proofs.review(what));
    const end = Date.now() + Math.min(patienceMs, LONGEST_MS);
    return withPulse(
      () => undefined,
      async () => {
        for (;;) {
          const proof = await ask();
          if (proof.approved || Date.now() >= end) return proof;
          const rest = Math.min(gate.pauseMs ?? PAUSE_MS, end - Date.now());
          await delay(Math.max(0, rest), undefined, { signal: cancellationSignal() });
        }
      },
    );
  };
}

function fullCommit(commit: string | undefined): string {
  if (commit !== undefined && /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(commit)) return commit;
  throw new PromoterError(
    'RequestInvalid',
    `an approval is to be proved, and the run ${commit === undefined ? 'names no commit' : `names '${commit}', which is no full commit id`}: take the manifests from git (--git-url), or name the commit in the request`,
  );
}

function repositoryOf({ repository }: GateDependencies): string {
  if (repository !== undefined) return repository;
  throw new PromoterError(
    'ConfigInvalid',
    'an approval is to be proved, and this worker does not know in which repository: set approval.repository (PROMOTER_APPROVAL_REPOSITORY)',
  );
}
