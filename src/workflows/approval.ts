import { ApplicationFailure, condition, setHandler } from '@temporalio/workflow';
import type { ProofInput } from '../activities/approval.ts';
import type { SetupResult } from '../activities/setup.ts';
import type { Board } from './board.ts';
import type { Brake } from './brake.ts';
import type { ApprovalRule } from './messages.ts';
import { APPROVAL_WANTED, type Approval } from './steering-report.ts';
import { activitiesOf, policyOf } from './policies.ts';
import { approve, type ApprovalClaim } from './steering-messages.ts';
import type { Turnover } from './turnover.ts';
import { objectOf, onlyFields, optionalTexts, refuse, textOf } from './update-checks.ts';
import { worklistOf } from './worklist.ts';

/** What a run waits for before it promotes. */
export interface Wait {
  /**
   * Waits, if there is anything to wait for.
   *
   * @returns `continue` when the next run is to go on waiting
   */
  wait(setup: SetupResult): Promise<'done' | 'continue'>;
}

const TIMEOUT_MS = 24 * 60 * 60_000;

/**
 * Takes the Update `approve`, and waits for it, or for a proof on GitHub, where an approval is required.
 *
 * The wait throws ApplicationFailure `ApprovalExpired` when there is none in time, and ActivityFailure when GitHub cannot
 * be asked.
 */
export function attachApproval(board: Board, brake: Brake, turnover: Turnover): Wait {
  const given = (): Approval['given'] => board.read().approval?.given;

  function accept(approval: NonNullable<Approval['given']>, rule: ApprovalRule): void {
    const waiting = board.read().approval ?? { rule, since: approval.at };
    board.update({ approval: { ...waiting, given: approval } });
  }

  setHandler(
    approve,
    ({ by, reason }) => {
      accept({ by, at: Date.now(), proof: 'claimed', ...(reason === undefined ? {} : { reason }) }, 'required');
      return { by, plan: worklistOf(board.read())?.digest ?? '' };
    },
    {
      description:
        'Let a run promote that waits for an approval. Argument: {"by": "your name", "reason": "…"}, and "plan": its digest, to approve that plan and no other. Who it is is recorded as claimed: Temporal does not prove it',
      validator: (input) => checkApproval(board, input),
    },
  );

  /** Whether there is a proof; asking takes as long as one activity may. */
  async function askForProof(of: Pick<ProofInput, 'rule' | 'commit' | 'url'>, left: number): Promise<void> {
    const { proveApproval } = activitiesOf(policyOf('setup'), `wait for ${of.rule}`);
    const answer = await brake.run(() => proveApproval({ ...of, patienceMs: left }));
    if (answer.approved) accept({ by: answer.by, at: Date.now(), proof: answer.proof }, of.rule);
    else {
      const waiting = board.read().approval;
      if (waiting !== undefined) board.update({ approval: { ...waiting, missing: answer.why } });
    }
  }

  return {
    async wait({ approval: { rule, url, timeoutMs = TIMEOUT_MS }, request: { commit } }) {
      if (rule === 'none' || given() !== undefined) return 'done';
      const of = { rule, ...(commit === undefined ? {} : { commit }), ...(url === undefined ? {} : { url }) };
      // Nobody is waited for where the signature is looked at: a commit is not signed later.
      if (url !== undefined) await askForProof(of, timeoutMs);
      if (given() !== undefined) return 'done';
      const waiting = board.read().approval ?? { rule, since: Date.now() };
      board.mark('promote', 'waiting', { note: 'for an approval' });
      board.update({ approval: waiting });
      const deadline = waiting.since + timeoutMs;
      while (given() === undefined) {
        const left = deadline - Date.now();
        if (left <= 0) throw expired(board.read().approval);
        if (turnover.isDue()) return 'continue';
        if (rule === 'required') {
          const summary = 'WAITING FOR APPROVAL: send approve, or abortPromotion';
          await condition(() => given() !== undefined || turnover.isDue(), left, { summary });
        } else await askForProof(of, left);
      }
      return 'done';
    },
  };
}

function checkApproval(board: Board, input: unknown): void {
  const claim = objectOf(input, '{"by": "your name"}');
  onlyFields(claim, ['by', 'reason', 'plan']);
  textOf(claim, 'by');
  optionalTexts(claim, ['reason', 'plan']);
  const { approval } = board.read();
  const plan = worklistOf(board.read());
  if (approval === undefined) return refuse('the run does not wait for an approval');
  if (approval.given !== undefined) refuse(`the run is approved already, by ${approval.given.by}`);
  if (approval.rule !== 'required') refuse(`the run wants proof: ${APPROVAL_WANTED[approval.rule]}`);
  const { plan: named } = claim as Partial<ApprovalClaim>;
  if (named !== undefined && named !== plan?.digest) refuse(`the plan is ${plan?.digest}, not ${named}`);
}

function expired(approval: Approval | undefined): ApplicationFailure {
  const missing = approval?.missing === undefined ? '' : `: ${approval.missing}`;
  return ApplicationFailure.nonRetryable(
    `nobody approved the promotion in time${missing}; nothing was copied`,
    'ApprovalExpired',
  );
}
