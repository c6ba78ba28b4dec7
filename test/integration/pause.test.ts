import assert from 'node:assert/strict';
import { cancelled, heartbeat } from '@temporalio/activity';
import { type ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Activities } from '../../src/activities/index.ts';
import type { PromoteInput } from '../../src/activities/promote.ts';
import { BLANK_REPORT } from '../../src/workflows/board.ts';
import { abortPromotion, report } from '../../src/workflows/messages.ts';
import { newPromoteState } from '../../src/workflows/promote-phase.ts';
import type { PromotionState } from '../../src/workflows/promotion.ts';
import { pausePromotion, resumePromotion } from '../../src/workflows/steering-messages.ts';
import { newSweep } from '../../src/workflows/sweep.ts';
import { activitiesFor, DIGEST, NOTHING } from '../support/promotion-activities.ts';
import { acceptedUpdates, currentDetails, refusal, searchableState } from '../support/run-view.ts';
import { temporalFixture, withPromotion } from '../support/temporal.ts';
import { waitFor } from '../support/waiting.ts';

const REQUEST = { manifests: DIGEST, confirm: true, sign: false } as const;
const POSITION = `sha256:${'b'.repeat(64)}`;
const SHARDS = 20;
/** On a machine with other work; otherwise it takes three seconds at most. */
const SOON_MS = 15_000;

/** An activity that copies until it is stopped, and leaves its position. */
async function copyUntilStopped(): Promise<never> {
  const beat = setInterval(heartbeat, 20);
  try {
    return await cancelledForGood();
  } finally {
    clearInterval(beat);
  }
}

async function cancelledForGood(): Promise<never> {
  try {
    return await cancelled();
  } catch {
    throw new CancelledFailure('stopped where it was', [{ position: POSITION }]);
  }
}

/** Shards run into the brake until `open` says otherwise. */
function stallingShards(): { begun: PromoteInput[]; open: () => void; promoteShard: Activities['promoteShard'] } {
  const begun: PromoteInput[] = [];
  let isOpen = false;
  return {
    begun,
    open: () => (isOpen = true),
    async promoteShard(input) {
      begun.push(input);
      return isOpen ? { counts: { ...NOTHING, edges: 10 }, residue: 0 } : copyUntilStopped();
    },
  };
}

describe('pausing a promotion', () => {
  it('stops what runs soon, begins nothing, and goes on where it was', async () => {
    const shards = stallingShards();
    const result = await withPromotion(activitiesFor(SHARDS, shards), REQUEST, async (handle) => {
      await waitFor(() => shards.begun.length === 8);
      const asked = Date.now();
      await handle.executeUpdate(pausePromotion, { args: [{ reason: 'the mirrors move', by: 'jane' }] });
      const running = async () => (await handle.describe()).raw.pendingActivities?.length ?? 0;
      await waitFor(async () => (await running()) === 0);
      assert.ok(Date.now() - asked < SOON_MS, `${Date.now() - asked} ms`);
      assert.equal(shards.begun.length, 8);
      const { outcome, pause } = await handle.query(report);
      assert.deepEqual([outcome, pause?.by, pause?.reason], ['paused', 'jane', 'the mirrors move']);
      assert.match(await currentDetails(handle), /PAUSED\*\* since .* by jane: the mirrors move/);
      await waitFor(async () => (await searchableState(handle)) === 'Paused');

      const accepted = await acceptedUpdates(handle);
      await assert.rejects(handle.executeUpdate(pausePromotion, { args: [undefined] }), refusal(/paused already/));
      assert.equal(await acceptedUpdates(handle), accepted);

      shards.open();
      await handle.executeUpdate(resumePromotion, { args: [undefined] });
      return handle.result();
    });
    assert.equal(result.outcome, 'done');
    assert.equal(result.pause, undefined);
    assert.equal(result.copied.edges, SHARDS * 10);
    const again = shards.begun.slice(8);
    assert.equal(again.length, SHARDS);
    const stopped = new Set(shards.begun.slice(0, 8).map(({ shard }) => shard));
    for (const { shard, from } of again) assert.equal(from, stopped.has(shard) ? POSITION : undefined);
  });

  it('is refused with a sentence where there is nothing to pause or resume', async () => {
    const shards = stallingShards();
    await withPromotion(activitiesFor(1, shards), REQUEST, async (handle) => {
      await waitFor(() => shards.begun.length === 1);
      const accepted = await acceptedUpdates(handle);
      const send = (argument: unknown) => handle.executeUpdate(pausePromotion, { args: [argument as never] });
      await assert.rejects(send('now'), refusal(/must be an object such as/));
      await assert.rejects(send({ why: 'x' }), refusal(/'why' is not known here: only reason and by are/));
      await assert.rejects(send({ reason: 5 }), refusal(/reason must be a text/));
      await assert.rejects(
        send({ reason: 'x'.repeat(500_000) }),
        refusal(/reason has 500000 characters; the most are/),
      );
      await assert.rejects(send({ by: 'jane\u001B[2J' }), refusal(/by has a line break or another control character/));
      await assert.rejects(send(JSON.parse('{"__proto__": {"by": "root"}}')), refusal(/'__proto__' is not known here/));
      await assert.rejects(handle.executeUpdate(resumePromotion, { args: [undefined] }), refusal(/is not paused/));
      assert.equal(await acceptedUpdates(handle), accepted);
      await handle.executeUpdate(abortPromotion, { args: [undefined] });
      await assert.rejects(handle.result());
    });
  });

  it('lets a paused run be aborted', async () => {
    const shards = stallingShards();
    await withPromotion(activitiesFor(3, shards), REQUEST, async (handle) => {
      await waitFor(() => shards.begun.length === 3);
      await handle.executeUpdate(pausePromotion, { args: [undefined] });
      await handle.executeUpdate(abortPromotion, { args: [{ reason: 'wrong release' }] });
      await assert.rejects(handle.result(), (error: Error) => {
        return (error.cause as ApplicationFailure).type === 'PhaseAborted';
      });
    });
  });

  it('outlives the run that was paused: the one that continues it waits, and begins at the positions', async () => {
    const shards = stallingShards();
    shards.open();
    const activities = activitiesFor(SHARDS, shards);
    const result = await withPromotion(
      activities,
      REQUEST,
      async (handle) => {
        await waitFor(async () => (await searchableState(handle)) === 'Paused');
        assert.equal(shards.begun.length, 0);
        await handle.executeUpdate(resumePromotion, { args: [undefined] });
        return handle.result();
      },
      await pausedState(activities),
    );
    assert.equal(result.outcome, 'done');
    assert.equal(shards.begun.find(({ shard }) => shard === 3)?.from, POSITION);
    assert.equal(shards.begun.length, SHARDS - 3);
  });

  before(temporalFixture);
});

/** What a run hands over that is paused while it promotes, with three of its shards done and one stopped. */
async function pausedState(activities: Activities): Promise<PromotionState> {
  const setup = await activities.setup({ run: 'r', request: REQUEST });
  const { plan } = await activities.assemblePlan({ run: 'r', strict: false, probe: true });
  const over = { ...newSweep(SHARDS), next: SHARDS, done: SHARDS };
  const promote = newPromoteState(DIGEST, SHARDS);
  Object.assign(promote.sweep, { next: 4, pending: [3], done: 3, positions: { 3: POSITION } });
  const phases = BLANK_REPORT.phases.map((row, at) => (at < 4 ? { ...row, state: 'done' as const } : row));
  return {
    setup,
    plan,
    report: { ...BLANK_REPORT, phases, plan, outcome: 'paused', pause: { since: 0, reason: 'night' } },
    progress: { provenance: over, validate: over, promote, sign: {}, attest: {} },
  };
}
