import assert from 'node:assert/strict';
import { cancelled, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Activities } from '../../src/activities/index.ts';
import type { CeilingInput } from '../../src/activities/ceiling.ts';
import type { PromoteInput } from '../../src/activities/promote.ts';
import type { GatherResidueInput } from '../../src/activities/residue.ts';
import type { WithholdInput } from '../../src/activities/withholding.ts';
import { report } from '../../src/workflows/messages.ts';
import { quarantineEdge, releaseEdge, setBudget } from '../../src/workflows/steering-messages.ts';
import { activitiesFor, DIGEST, NOBODY, NOTHING } from '../support/promotion-activities.ts';
import { acceptedUpdates, currentDetails, refusal } from '../support/run-view.ts';
import { temporalFixture, withPromotion } from '../support/temporal.ts';
import { waitFor } from '../support/waiting.ts';

const REQUEST = { manifests: DIGEST, confirm: true, sign: false } as const;
const EDGE = 'prod.example/images/app:v1';
const LIST = `sha256:${'c'.repeat(64)}`;

/** A run of one shard that copies until somebody stops it, and that ends once it began with an order. */
function stallingRun(): {
  readonly begun: PromoteInput[];
  readonly gathered: GatherResidueInput[];
  readonly recorded: WithholdInput[];
  readonly activities: Activities;
} {
  const begun: PromoteInput[] = [];
  const gathered: GatherResidueInput[] = [];
  const recorded: WithholdInput[] = [];
  const activities = activitiesFor(1, {
    async promoteShard(input) {
      begun.push(input);
      if (input.withheld !== undefined || input.round > 0) return { counts: { ...NOTHING, edges: 9 }, residue: 1 };
      const beat = setInterval(heartbeat, 20);
      return cancelled().finally(() => clearInterval(beat));
    },
    async withholdEdges(input) {
      recorded.push(input);
      if (input.added?.tag === 'v7')
        throw ApplicationFailure.nonRetryable('the plan has no edge …:v7', 'RequestInvalid');
      return { list: LIST, edges: 1, present: 0 };
    },
    async gatherResidue(input) {
      gathered.push(input);
      return { index: DIGEST, shards: 0, edges: 0, released: 0, quarantine: { edges: 1, samples: [] } };
    },
  });
  return { begun, gathered, recorded, activities };
}

describe('quarantining an edge by hand', () => {
  before(temporalFixture);

  it('stops the work for a moment, which goes on by the new order', async () => {
    const { begun, recorded, gathered, activities } = stallingRun();
    const result = await withPromotion(activities, REQUEST, async (handle) => {
      await waitFor(() => begun.length === 1);
      const argument = { edge: EDGE, reason: 'it is broken', by: 'jane' };
      const receipt = await handle.executeUpdate(quarantineEdge, { args: [argument] });
      assert.deepEqual(receipt, { edge: EDGE, withheld: 1, present: 0 });
      return handle.result();
    });
    const order = { destination: 'prod.example/images/app', tag: 'v1', by: 'jane', reason: 'it is broken' };
    assert.deepEqual(recorded, [{ index: DIGEST, orders: [order], added: order }]);
    assert.deepEqual([begun.length, begun[1]?.withheld, gathered[0]?.withheld], [2, LIST, LIST]);
    assert.equal(result.outcome, 'quarantined');
    const [kept] = result.withheld?.orders ?? [];
    assert.deepEqual([kept?.edge, kept?.by, kept?.reason], [EDGE, 'jane', 'it is broken']);
  });

  it('is taken back while promote goes on, and the edge is promoted', async () => {
    const { begun, activities } = stallingRun();
    let looks = 0;
    let release: Promise<unknown> | undefined;
    const gatherResidue: Activities['gatherResidue'] = async () => {
      looks++;
      const isFree = release !== undefined;
      await waitFor(() => release !== undefined);
      const found = { index: DIGEST, edges: 1, quarantine: NOBODY };
      return isFree && looks === 2 ? { ...found, shards: 1, released: 1 } : { ...found, shards: 0, released: 0 };
    };
    const result = await withPromotion({ ...activities, gatherResidue }, REQUEST, async (handle) => {
      await waitFor(() => begun.length === 1);
      await handle.executeUpdate(quarantineEdge, { args: [{ edge: EDGE }] });
      await waitFor(() => looks === 1);
      assert.match(await currentDetails(handle), /Kept back by operators.*\n- prod\.example\/images\/app:v1/);
      release = handle.executeUpdate(releaseEdge, { args: [{ edge: EDGE }] });
      await release;
      return handle.result();
    });
    assert.deepEqual([result.outcome, result.withheld], ['done', undefined]);
    assert.deepEqual(
      begun.map(({ round }) => round),
      [0, 0, 1],
    );
  });

  it('is refused with a sentence, and leaves no trace', async () => {
    const { begun, activities } = stallingRun();
    await withPromotion(activities, REQUEST, async (handle) => {
      await waitFor(() => begun.length === 1);
      const send = (argument: unknown) => handle.executeUpdate(quarantineEdge, { args: [argument as never] });
      await assert.rejects(send(undefined), refusal(/must be an object such as \{"edge"/));
      await assert.rejects(send({ edge: 'app' }), refusal(/'app' names no edge; write registry\.example/));
      await assert.rejects(send({ edge: EDGE, why: 'x' }), refusal(/'why' is not known here/));
      const release = handle.executeUpdate(releaseEdge, { args: [{ edge: EDGE }] });
      await assert.rejects(release, refusal(/app:v1 is not kept back: nothing is/));
      assert.equal(await acceptedUpdates(handle), 0);

      await assert.rejects(send({ edge: 'prod.example/images/app:v7' }), refusal(/the plan has no edge …:v7/));
      assert.equal((await handle.query(report)).withheld, undefined);
      await send({ edge: EDGE });
      await handle.result();
    });
  });

  it('has nothing to do in a dry run', async () => {
    let open = false;
    const validateShard: Activities['validateShard'] = async () => {
      await waitFor(() => open);
      return { checked: 1, passed: 1, quarantined: 0, warnings: [] };
    };
    await withPromotion(activitiesFor(1, { validateShard }), { manifests: DIGEST }, async (handle) => {
      await waitFor(async () => (await handle.query(report)).plan !== undefined);
      const send = handle.executeUpdate(quarantineEdge, { args: [{ edge: EDGE }] });
      await assert.rejects(send, refusal(/a dry run promotes nothing/));
      open = true;
      await handle.result();
    });
  });
});

describe('setting a host’s budget from a run', () => {
  it('reaches the budget of the host, and is refused for one that is not the run’s', async () => {
    const ceilings: CeilingInput[] = [];
    const { begun, activities } = stallingRun();
    const setCeiling: Activities['setCeiling'] = async (input) => void ceilings.push(input);
    await withPromotion({ ...activities, setCeiling }, REQUEST, async (handle) => {
      await waitFor(() => begun.length === 1);
      const send = (argument: unknown) => handle.executeUpdate(setBudget, { args: [argument as never] });
      await assert.rejects(send({ requestsPerSecond: 5 }), refusal(/host must be a text/));
      await assert.rejects(send({ host: 'prod.example', requestsPerSecond: 0 }), refusal(/the least is 0.1/));
      const other = { host: 'other.example', requestsPerSecond: 5 };
      await assert.rejects(send(other), refusal(/no registry other\.example: it has prod\.example, staging\.example/));
      assert.equal(await acceptedUpdates(handle), 0);
      const change = { host: 'prod.example', requestsPerSecond: 5 };
      assert.deepEqual(await send(change), change);
      await send({ host: 'staging.example', requestsPerSecond: null });
      await handle.executeUpdate(quarantineEdge, { args: [{ edge: EDGE }] });
      await handle.result();
    });
    assert.deepEqual(ceilings, [
      { host: 'prod.example', requestsPerSecond: 5 },
      { host: 'staging.example', requestsPerSecond: null },
    ]);
  });
});
