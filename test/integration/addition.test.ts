import assert from 'node:assert/strict';
import { cancelled, heartbeat } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { PlanDestinationInput } from '../../src/activities/addition.ts';
import type { Activities } from '../../src/activities/index.ts';
import type { PromoteInput } from '../../src/activities/promote.ts';
import type { SignInput } from '../../src/activities/sign.ts';
import type { VerifyInput } from '../../src/activities/verification.ts';
import { abortPromotion, report } from '../../src/workflows/messages.ts';
import { addDestination, approve } from '../../src/workflows/steering-messages.ts';
import { activitiesFor, DIGEST, NOTHING } from '../support/promotion-activities.ts';
import { acceptedUpdates, currentDetails, refusal } from '../support/run-view.ts';
import { temporalFixture, withPromotion } from '../support/temporal.ts';
import { waitFor } from '../support/waiting.ts';

const REQUEST = { manifests: DIGEST, confirm: true } as const;
const ADDED = 'added.example/images';
const WORKLIST = `sha256:${'1'.repeat(64)}`;

/** A run of two shards that copies until somebody adds a destination, and notes what was asked of it then. */
function stallingRun(changes: Partial<Activities> = {}) {
  const begun: PromoteInput[] = [];
  const planned: PlanDestinationInput[] = [];
  const verified: (readonly [string, VerifyInput])[] = [];
  const signed: SignInput[] = [];
  const leased: (readonly string[])[] = [];
  const plain = activitiesFor(2);
  const activities: Activities = {
    ...plain,
    async promoteShard(input) {
      begun.push(input);
      if (input.index !== DIGEST) return { counts: { ...NOTHING, edges: 10 }, residue: 0 };
      const beat = setInterval(heartbeat, 20);
      return cancelled().finally(() => clearInterval(beat));
    },
    async planDestination(input) {
      planned.push(input);
      return plain.planDestination(input);
    },
    async verifyProvenance(input) {
      verified.push(['provenance', input]);
      return plain.verifyProvenance(input);
    },
    async validateShard(input) {
      verified.push(['validate', input]);
      return plain.validateShard(input);
    },
    async signShard(input) {
      signed.push(input);
      return plain.signShard(input);
    },
    async acquireWriters({ hosts }) {
      leased.push(hosts);
    },
    ...changes,
  };
  return { begun, planned, verified, signed, leased, activities };
}

describe('adding a destination to a promotion', () => {
  before(temporalFixture);

  it('plans it alone, and works through it in every phase behind the plan, which does not change', async () => {
    const { begun, planned, verified, signed, leased, activities } = stallingRun();
    const result = await withPromotion(activities, REQUEST, async (handle) => {
      await waitFor(() => begun.length === 2);
      const order = { destination: ADDED, reason: 'a new region', by: 'jane' };
      const receipt = await handle.executeUpdate(addDestination, { args: [order] });
      assert.deepEqual(receipt, { destination: ADDED, plan: `sha256:${'d'.repeat(64)}`, edges: 10 });
      const outcome = await handle.result();
      const { searchAttributes } = await handle.describe();
      assert.deepEqual(searchAttributes['PromoterDestinations'], ['prod.example/images', ADDED]);
      return outcome;
    });
    assert.deepEqual(
      planned.map(({ worklist, destination, number }) => [worklist, destination, number]),
      [[DIGEST, ADDED, 1]],
    );
    assert.deepEqual(
      verified.map(([phase, { index, shard }]) => `${phase} ${shard} ${index === WORKLIST ? 'more' : 'plan'}`).sort(),
      [
        'provenance 0 plan',
        'provenance 1 plan',
        'provenance 2 more',
        'validate 0 plan',
        'validate 1 plan',
        'validate 2 more',
      ],
    );
    const again = begun.slice(2);
    assert.deepEqual(
      again.map(({ shard }) => shard).sort((a, b) => a - b),
      [0, 1, 2],
    );
    assert.deepEqual([...new Set(again.map(({ index, round }) => `${index} ${round}`))], [`${WORKLIST} 0`]);
    assert.deepEqual(signed[0]?.hosts, ['prod.example', 'added.example']);
    assert.ok(leased.some((hosts) => hosts.length === 1 && hosts[0] === 'added.example'));
    assert.deepEqual([result.outcome, result.plan?.digest, result.copied.edges], ['done', DIGEST, 30]);
    assert.deepEqual(result.destinations, ['prod.example/images', ADDED]);
    assert.deepEqual(result.hosts, ['added.example', 'prod.example', 'staging.example']);
    const [added] = result.added?.destinations ?? [];
    assert.deepEqual([added?.destination, added?.by, added?.reason], [ADDED, 'jane', 'a new region']);
  });

  it('asks for an approval of both plans where one was given, or waited for', async () => {
    const { begun, activities } = stallingRun();
    const result = await withPromotion(activities, { ...REQUEST, approval: 'required' }, async (handle) => {
      const waiting = () => waitFor(async () => (await handle.query(report)).outcome === 'awaiting-approval');
      await waiting();
      await handle.executeUpdate(approve, { args: [{ by: 'jane', plan: DIGEST }] });
      await waitFor(() => begun.length === 2);
      await handle.executeUpdate(addDestination, { args: [{ destination: ADDED }] });
      await waiting();
      assert.equal(begun.length, 2);
      assert.match(await currentDetails(handle), /Added by operators\*\*\n- added\.example\/images \(10 edges\)/);
      const stale = handle.executeUpdate(approve, { args: [{ by: 'jane', plan: DIGEST }] });
      await assert.rejects(stale, refusal(/the plan is sha256:1+, not sha256:a+/));
      await handle.executeUpdate(addDestination, { args: [{ destination: 'third.example/images' }] });
      const both = `sha256:${'2'.repeat(64)}`;
      await waitFor(async () => (await currentDetails(handle)).includes(`of the plan ${both}`));
      await waiting();
      await handle.executeUpdate(approve, { args: [{ by: 'joe', plan: both }] });
      return handle.result();
    });
    assert.deepEqual([result.outcome, result.approval?.given?.by, result.copied.edges], ['done', 'joe', 40]);
    assert.equal(result.added?.destinations.length, 2);
  });

  it('takes it while what failed is being sorted, and sorts it again at the end', async () => {
    const { begun, activities } = stallingRun();
    let looks = 0;
    let added: Promise<unknown> | undefined;
    const promoteShard: Activities['promoteShard'] = async (input) => {
      begun.push(input);
      return { counts: { ...NOTHING, edges: 10 }, residue: 0 };
    };
    const gatherResidue: Activities['gatherResidue'] = async (input) => {
      looks++;
      await waitFor(() => added !== undefined);
      return activities.gatherResidue(input);
    };
    const result = await withPromotion({ ...activities, promoteShard, gatherResidue }, REQUEST, async (handle) => {
      await waitFor(() => looks === 1);
      added = handle.executeUpdate(addDestination, { args: [{ destination: ADDED }] });
      await added;
      return handle.result();
    });
    assert.deepEqual([result.outcome, result.copied.edges], ['done', 30]);
    assert.deepEqual(
      begun.map(({ shard }) => shard).sort((a, b) => a - b),
      [0, 1, 2],
    );
  });

  it('is refused with a sentence, and leaves no trace', async () => {
    const planDestination: Activities['planDestination'] = async () => {
      throw ApplicationFailure.nonRetryable('added.example takes no writes', 'RegistryDenied');
    };
    const { begun, activities } = stallingRun({ planDestination });
    await withPromotion(activities, { ...REQUEST, sign: false }, async (handle) => {
      await waitFor(() => begun.length === 2);
      const send = (argument: unknown) => handle.executeUpdate(addDestination, { args: [argument as never] });
      await assert.rejects(send(undefined), refusal(/must be an object such as \{"destination"/));
      await assert.rejects(send({ destination: 'https://x.example/y' }), refusal(/is no registry: write its host/));
      await assert.rejects(send({ destination: ADDED, why: 'x' }), refusal(/'why' is not known here/));
      const there = { destination: 'prod.example/other' };
      await assert.rejects(send(there), refusal(/prod\.example is a destination .* already: prod\.example\/images/));
      const unlike = { destination: ADDED, like: 'prod.example/image' };
      await assert.rejects(send(unlike), refusal(/has no destination prod\.example\/image: it has prod/));
      assert.equal(await acceptedUpdates(handle), 0);

      await assert.rejects(send({ destination: ADDED }), refusal(/added\.example takes no writes/));
      const { added, destinations } = await handle.query(report);
      assert.deepEqual([added, destinations], [undefined, ['prod.example/images']]);
      await handle.executeUpdate(abortPromotion, { args: [undefined] });
      await assert.rejects(handle.result());
    });
  });

  it('is for runs that promote what their manifests name, and have not done so yet', async () => {
    const add = (handle: Parameters<Parameters<typeof withPromotion>[2]>[0]) =>
      handle.executeUpdate(addDestination, { args: [{ destination: ADDED }] });
    const hang = async (): Promise<never> => {
      const beat = setInterval(heartbeat, 20);
      return cancelled().finally(() => clearInterval(beat));
    };
    const proof = { ...REQUEST, approval: 'github-review' } as const;
    const cases = [
      [{ draftPlan: hang }, REQUEST, /there is no plan yet/, 'plan'],
      [{ validateShard: hang }, { manifests: DIGEST }, /a dry run promotes nothing/, 'validate'],
      [{ validateShard: hang }, proof, /wants an approving review/, 'validate'],
      [{ validateShard: hang }, { ...REQUEST, only: DIGEST }, /works on some edges alone/, 'validate'],
      [{ signShard: hang }, REQUEST, /promote is done: put the destination into/, 'sign'],
    ] as const;
    await Promise.all(
      cases.map(([changes, request, message, phase]) =>
        withPromotion(activitiesFor(1, changes), request, async (handle) => {
          await waitFor(async () => {
            const { phases } = await handle.query(report);
            return phases.some(({ name, state }) => name === phase && state === 'running');
          });
          await assert.rejects(add(handle), refusal(message));
          assert.equal(await acceptedUpdates(handle), 0);
          await handle.executeUpdate(abortPromotion, { args: [undefined] });
          await assert.rejects(handle.result());
        }),
      ),
    );
  });
});
