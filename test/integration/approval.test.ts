import assert from 'node:assert/strict';
import type { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../src/activities/index.ts';
import { pausePromotion, resumePromotion } from '../../src/workflows/steering-messages.ts';
import { report, type Outcome } from '../../src/workflows/messages.ts';
import { approve, overrideFreeze } from '../../src/workflows/steering-messages.ts';
import { activitiesFor, DIGEST } from '../support/promotion-activities.ts';
import { acceptedUpdates, currentDetails, refusal, searchableState } from '../support/run-view.ts';
import { temporalFixture, withPromotion } from '../support/temporal.ts';
import { waitFor } from '../support/waiting.ts';

const REQUEST = { manifests: DIGEST, confirm: true, sign: false } as const;

type Handle = Parameters<Parameters<typeof withPromotion>[2]>[0];

const until = (handle: Handle, outcome: Outcome): Promise<void> =>
  waitFor(async () => (await handle.query(report)).outcome === outcome);

describe('a promotion that needs an approval', () => {
  before(temporalFixture);

  it('waits between validate and promote, and records who approved which plan', async () => {
    const result = await withPromotion(activitiesFor(2), { ...REQUEST, approval: 'required' }, async (handle) => {
      await until(handle, 'awaiting-approval');
      const waiting = await handle.query(report);
      assert.deepEqual(
        waiting.phases.slice(3, 5).map(({ name, state }) => `${name} ${state}`),
        ['validate done', 'promote waiting'],
      );
      assert.equal(waiting.copied.edges, 0);
      await waitFor(async () => (await searchableState(handle)) === 'AwaitingApproval');
      assert.match(await currentDetails(handle), /WAITING FOR APPROVAL\*\* since .* of the plan sha256:a+\n/);

      const send = (argument: unknown) => handle.executeUpdate(approve, { args: [argument as never] });
      await assert.rejects(send(undefined), refusal(/must be an object such as \{"by"/));
      await assert.rejects(send({ reason: 'x' }), refusal(/by must be a text/));
      const other = `sha256:${'f'.repeat(64)}`;
      await assert.rejects(send({ by: 'jane', plan: other }), refusal(/the plan is sha256:a+, not sha256:f+/));
      assert.equal(await acceptedUpdates(handle), 0);

      assert.deepEqual(await send({ by: 'jane', plan: DIGEST }), { by: 'jane', plan: DIGEST });
      return handle.result();
    });
    assert.equal(result.outcome, 'done');
    assert.deepEqual([result.approval?.given?.by, result.approval?.given?.proof], ['jane', 'claimed']);
  });

  it('can be paused meanwhile, and waits on', async () => {
    const result = await withPromotion(activitiesFor(1), { ...REQUEST, approval: 'required' }, async (handle) => {
      await until(handle, 'awaiting-approval');
      await handle.executeUpdate(pausePromotion, { args: [undefined] });
      await handle.executeUpdate(approve, { args: [{ by: 'jane' }] });
      assert.equal((await handle.query(report)).outcome, 'paused');
      await handle.executeUpdate(resumePromotion, { args: [undefined] });
      return handle.result();
    });
    assert.equal(result.outcome, 'done');
  });

  it('fails when nobody approves in time, with nothing copied', async () => {
    const request = { ...REQUEST, approval: 'required', approvalTimeout: 100 } as const;
    await withPromotion(activitiesFor(1), request, async (handle) => {
      await assert.rejects(handle.result(), (error: Error) => {
        const cause = error.cause as ApplicationFailure;
        return cause.type === 'ApprovalExpired' && /nobody approved .* in time; nothing was copied/.test(cause.message);
      });
    });
  });

  it('asks for proof where proof is wanted, which no Update replaces', async () => {
    let isReviewed = false;
    let asked = 0;
    const proveApproval: Activities['proveApproval'] = async () => {
      asked++;
      if (asked > 1) await waitFor(() => isReviewed);
      return isReviewed
        ? { approved: true, by: 'jane', proof: 'https://github.com/review' }
        : { approved: false, why: 'pull/7 has no approving review' };
    };
    const request = { ...REQUEST, approval: 'github-review' } as const;
    const result = await withPromotion(activitiesFor(1, { proveApproval }), request, async (handle) => {
      await waitFor(() => asked === 2);
      assert.match(await currentDetails(handle), /an approving review .* pull\/7 has no approving review/);
      const send = handle.executeUpdate(approve, { args: [{ by: 'joe' }] });
      await assert.rejects(send, refusal(/the run wants proof: an approving review/));
      isReviewed = true;
      return handle.result();
    });
    assert.deepEqual(
      [result.approval?.given?.by, result.approval?.given?.proof],
      ['jane', 'https://github.com/review'],
    );
  });

  it('is not one that writes nothing', async () => {
    const request = { manifests: DIGEST, approval: 'required' } as const;
    const result = await withPromotion(activitiesFor(1), request, (handle) => handle.result());
    assert.equal(result.outcome, 'dry-run');
  });
});

describe('a promotion in a freeze', () => {
  before(temporalFixture);

  it('waits until it is over, and looks again', async () => {
    const looks: number[] = [];
    const lookAtCalendar: Activities['lookAtCalendar'] = async () => {
      looks.push(Date.now());
      return looks.length < 3 ? { frozen: true, until: Date.now() + 50, reason: 'weekend' } : { frozen: false };
    };
    const result = await withPromotion(activitiesFor(1, { lookAtCalendar }), REQUEST, async (handle) => {
      await until(handle, 'frozen');
      assert.match(await currentDetails(handle), /FROZEN\*\* until .*: weekend/);
      return handle.result();
    });
    assert.deepEqual([result.outcome, result.freeze, looks.length], ['done', undefined, 3]);
  });

  for (const { name, holdsMs, wanted } of [
    { name: 'is not looked for again when Setup has just seen that none is configured', holdsMs: 60_000, wanted: 0 },
    { name: 'is looked for when that is long ago', holdsMs: -1, wanted: 1 },
  ]) {
    it(name, async () => {
      let looks = 0;
      const lookAtCalendar: Activities['lookAtCalendar'] = async () => {
        looks++;
        return { frozen: false };
      };
      const usual = activitiesFor(1, { lookAtCalendar });
      const setup: Activities['setup'] = async (input) => ({
        ...(await usual.setup(input)),
        noFreezeUntil: Date.now() + holdsMs,
      });
      const result = await withPromotion({ ...usual, setup }, REQUEST, (handle) => handle.result());
      assert.deepEqual([result.outcome, looks], ['done', wanted]);
    });
  }

  it('goes on when somebody overrides it, and records who and why', async () => {
    const lookAtCalendar: Activities['lookAtCalendar'] = async () => ({ frozen: true, until: Date.now() + 3_600_000 });
    const result = await withPromotion(activitiesFor(1, { lookAtCalendar }), REQUEST, async (handle) => {
      await until(handle, 'frozen');
      const send = (argument: unknown) => handle.executeUpdate(overrideFreeze, { args: [argument as never] });
      await assert.rejects(send({ by: 'jane' }), refusal(/reason must be a text/));
      await send({ reason: 'a CVE', by: 'jane' });
      return handle.result();
    });
    assert.deepEqual(result.freezeOverride, { reason: 'a CVE', by: 'jane' });
  });

  it('does not even look where the request overrides it', async () => {
    const lookAtCalendar: Activities['lookAtCalendar'] = () => assert.fail('it looked');
    const request = { ...REQUEST, overrideFreeze: 'a CVE' };
    const result = await withPromotion(activitiesFor(1, { lookAtCalendar }), request, (handle) => handle.result());
    assert.deepEqual([result.outcome, result.freezeOverride], ['done', { reason: 'a CVE' }]);
  });
});
