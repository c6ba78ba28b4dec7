import assert from 'node:assert/strict';
import { WorkflowFailedError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../src/activities/index.ts';
import { PHASES, abortPromotion, report, retryPhase, skipPhase } from '../../src/workflows/messages.ts';
import { activitiesFor, DIGEST, NOBODY, NOTHING } from '../support/promotion-activities.ts';
import { temporalFixture, withPromotion } from '../support/temporal.ts';

const REQUEST = { manifests: DIGEST, confirm: true } as const;

const down = async (): Promise<never> => {
  throw ApplicationFailure.nonRetryable('GET staging answered 500', 'RegistryUnavailable');
};

async function untilHeld(handle: { query(definition: typeof report): Promise<{ outcome: string }> }): Promise<void> {
  for (;;) {
    const { outcome } = await handle.query(report);
    if (outcome === 'held') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('promotion workflow', () => {
  it('runs its phases in order and reports what was copied', async () => {
    const result = await withPromotion(activitiesFor(3), REQUEST, (handle) => handle.result());
    assert.equal(result.outcome, 'done');
    assert.equal(result.copied.edges, 30);
    assert.deepEqual(
      result.phases.map(({ name, state }) => `${name} ${state}`),
      PHASES.map((name) => `${name} done`),
    );
    const ends = result.phases.map(({ startedAt, endedAt }) => [startedAt ?? 0, endedAt ?? 0]);
    ends.slice(1).forEach(([start], index) => assert.ok((start ?? 0) >= (ends[index]?.[1] ?? 0)));
  });

  it('ends a dry run before anything is written', async () => {
    const promoteShard = down;
    const result = await withPromotion(activitiesFor(3, { promoteShard }), { manifests: DIGEST }, (handle) =>
      handle.result(),
    );
    assert.equal(result.outcome, 'dry-run');
    assert.deepEqual(
      result.phases.slice(4).map(({ state }) => state),
      ['pending', 'pending', 'pending'],
    );
  });

  it('holds a failed phase, refuses a wrong decision without a trace, and goes on when told to retry', async () => {
    let broken = true;
    const judgeShard: Activities['judgeShard'] = async () => (broken ? down() : { edges: 20 });
    const result = await withPromotion(activitiesFor(2, { judgeShard }), REQUEST, async (handle) => {
      await untilHeld(handle);
      const before = (await handle.fetchHistory()).events?.length;
      await assert.rejects(handle.executeUpdate(retryPhase, { args: [{ phase: 'promote' }] }), (error) => {
        assert.ok(error instanceof WorkflowUpdateFailedError);
        assert.match(error.cause?.message ?? '', /the phase is plan, not promote/);
        return true;
      });
      await assert.rejects(handle.executeUpdate(skipPhase, { args: [undefined] }), (error) => {
        assert.match((error as WorkflowUpdateFailedError).cause?.message ?? '', /plan cannot be skipped/);
        return true;
      });
      assert.equal((await handle.fetchHistory()).events?.length, before);
      broken = false;
      const receipt = await handle.executeUpdate(retryPhase, { args: [{ reason: 'registry is back' }] });
      assert.deepEqual(receipt, { phase: 'plan', action: 'retry' });
      return handle.result();
    });
    assert.equal(result.outcome, 'done');
    assert.equal(result.hold, undefined);
  });

  it('ends when a held phase is aborted, when nobody decides, and at once where the request says so', async () => {
    const judgeShard = down;
    const typeOf = async (
      request: object,
      act: (handle: never) => Promise<unknown>,
    ): Promise<string | undefined | null> =>
      withPromotion(activitiesFor(2, { judgeShard }), { ...REQUEST, ...request }, async (handle) => {
        await act(handle as never);
        const error = await handle.result().then(
          () => assert.fail('it ended well'),
          (thrown: unknown) => thrown,
        );
        assert.ok(error instanceof WorkflowFailedError);
        return (error.cause as ApplicationFailure).type;
      });
    const abort = async (handle: Parameters<typeof untilHeld>[0] & { executeUpdate: Function }): Promise<unknown> => {
      await untilHeld(handle);
      return handle.executeUpdate(abortPromotion, { args: [{ reason: 'wrong release' }] });
    };
    assert.equal(await typeOf({}, abort as never), 'PhaseAborted');
    assert.equal(await typeOf({ holdTimeout: 50 }, async () => undefined), 'HoldExpired');
    assert.equal(await typeOf({ onPhaseFailure: 'fail' }, async () => undefined), 'RegistryUnavailable');
  });

  it('tries residue again in rounds and quarantines what outlives them', async () => {
    const rounds: number[] = [];
    const result = await withPromotion(
      activitiesFor(1, {
        promoteShard: async ({ round }) => {
          rounds.push(round);
          return { counts: { ...NOTHING, edges: round === 0 ? 9 : 0 }, residue: 1 };
        },
        gatherResidue: async () => ({
          index: DIGEST,
          shards: 1,
          edges: 1,
          released: 0,
          quarantine: NOBODY,
          reason: 'mirror down',
          retryAt: 0,
        }),
        quarantineResidue: async () => ({ edges: 1, samples: [] }),
      }),
      { ...REQUEST, policies: { promote: { residueRounds: 1 } } },
      (handle) => handle.result(),
    );
    assert.deepEqual(rounds, [0, 1]);
    assert.equal(result.outcome, 'quarantined');
    assert.equal(result.quarantine.edges, 1);
  });

  it('carries a plan of a million edges in small runs with small payloads', async function () {
    this.timeout('5m');
    const shards = 2_000;
    const promoted = new Map<number, number>();
    const promoteShard: Activities['promoteShard'] = async ({ shard }) => {
      promoted.set(shard, (promoted.get(shard) ?? 0) + 1);
      return { counts: { ...NOTHING, edges: 500 }, residue: 0 };
    };
    await withPromotion(activitiesFor(shards, { promoteShard }), { ...REQUEST, sign: false }, async (handle) => {
      const result = await handle.result();
      assert.equal(result.copied.edges, 1_000_000);
      const { environment } = await temporalFixture();
      let runs = 0;
      for await (const { runId } of environment.client.workflow.list({
        query: `WorkflowId = '${handle.workflowId}'`,
      })) {
        const history = await environment.client.workflow.getHandle(handle.workflowId, runId).fetchHistory();
        assert.ok((history.events?.length ?? 0) < 5_000, `${history.events?.length} events`);
        for (const event of history.events ?? []) assert.ok(JSON.stringify(event).length < 100_000);
        runs++;
      }
      assert.ok(runs > 1, 'continues as new');
    });
    assert.equal(promoted.size, shards);
    assert.ok([...promoted.values()].every((count) => count === 1));
  });
});
