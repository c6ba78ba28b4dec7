import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BudgetState } from '../../src/workflows/budget-messages.ts';
import type { promotion } from '../../src/workflows/index.ts';
import { report } from '../../src/workflows/messages.ts';
import { setBudget } from '../../src/workflows/steering-messages.ts';
import { startCommandTrial, type CommandTrial, type RunDocument } from '../support/command-trial.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { waitFor } from '../support/waiting.ts';

const IMAGES = 2;

describe('the commands that steer a run', () => {
  let directory: string;
  let service: PromotionService;
  let trial: CommandTrial;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'steering-'));
    service = await startPromotionService({ directory });
  });
  after(async () => {
    await service.stop();
    await rm(directory, { recursive: true, force: true });
  });
  beforeEach(async () => {
    trial = await startCommandTrial(IMAGES);
    trial.where = ['--address', service.server.address, '--plan-store', join(directory, 'plans')];
  });
  afterEach(() => trial.stop());

  /** Starts a run that stands between validate and promote. */
  async function startWaiting(): Promise<RunDocument> {
    const { exit, stdout, stderr } = await trial.cip('--confirm', '--approval', 'required', '--json');
    assert.equal(exit, 4, stderr);
    return JSON.parse(stdout) as RunDocument;
  }

  // Writes are no measure: the plan phase tries whether a registry takes them.
  async function assertNothingArrived(): Promise<void> {
    for (const mirror of trial.production.mirrors) {
      assert.equal((await trial.production.missing(mirror)).length, IMAGES);
    }
  }

  it('pause, resume and approve it', async () => {
    const { workflowId: id, report: waiting } = await startWaiting();
    const paused = await trial.promoter('pause', id, '--reason', 'the mirrors move', '--by', 'jane');
    assert.deepEqual([paused.exit, paused.stdout], [0, `paused ${id}; go on with: promoter resume '${id}'\n`]);
    const again = await trial.promoter('pause', id);
    assert.equal(again.exit, 2);
    assert.match(again.stderr, /the run is paused already, since \S+ by jane: the mirrors move/);
    const status = await trial.promoter('status', id);
    assert.equal(status.exit, 4);
    assert.match(status.stdout, /^paused .*by jane: the mirrors move/m);

    const resumed = await trial.promoter('resume', id);
    assert.equal(resumed.exit, 4, resumed.stderr);
    assert.match(resumed.stderr, /goes on\n[^]*waiting for an approval of the plan sha256:/);
    const other = await trial.promoter('approve', id, '--plan', `sha256:${'f'.repeat(64)}`);
    assert.equal(other.exit, 2);
    assert.match(other.stderr, /the plan is sha256:[0-9a-f]{64}, not sha256:f+/);
    await assertNothingArrived();

    const plan = waiting.plan?.digest ?? '';
    await trial.promoter('pause', id, '--by', 'joe');
    const approved = await trial.promoter('approve', id, '--plan', plan, '--by', 'jane');
    assert.equal(approved.exit, 4, approved.stderr);
    assert.match(
      approved.stderr,
      new RegExp(`approved by jane: the plan ${plan}\n[^]*^paused since \\S+ by joe\n`, 'm'),
    );
    const done = await trial.promoter('resume', id, '--json');
    assert.equal(done.exit, 0, done.stderr);
    const { given } = (JSON.parse(done.stdout) as RunDocument).report.approval ?? {};
    assert.deepEqual([given?.by, given?.proof], ['jane', 'claimed']);
    await trial.assertArrived();
    const late = await trial.promoter('pause', id);
    assert.equal(late.exit, 2);
    assert.match(late.stderr, /ended at .*: there is nothing to pause/);
  });

  it('keep edges back, and give one free', async () => {
    const { workflowId: id } = await startWaiting();
    const [kept, other] = trial.production.mirrors.map(({ host }) => `${host}/production/app-0:v1.0.0`);
    assert.ok(kept !== undefined && other !== undefined);
    const quarantined = await trial.promoter('quarantine', id, kept, '--reason', 'crashes on arm64', '--by', 'jane');
    assert.deepEqual([quarantined.exit, quarantined.stdout], [0, `1 edge of ${id} kept back: ${kept}\n`]);
    const stranger = await trial.promoter('quarantine', id, kept.replace('v1.0.0', 'v9'));
    assert.equal(stranger.exit, 2);
    assert.match(stranger.stderr, /the plan has no edge .*:v9: nothing is kept back/);
    const { exit, stdout } = await trial.promoter('quarantine', id, other, '--json');
    const { edge, withheld } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([exit, edge, withheld], [0, other, 1]);
    const released = await trial.promoter('release', id, other);
    assert.deepEqual([released.exit, released.stdout], [0, `${other} is promoted after all\n`]);
    assert.equal((await trial.promoter('release', id, other)).exit, 2);

    const approved = await trial.promoter('approve', id);
    assert.equal(approved.exit, 3, approved.stderr);
    assert.match(approved.stdout, /^Quarantined 1 edge:$[^]*by jane: crashes on arm64/m);
    const [first, second] = trial.production.mirrors;
    assert.deepEqual(first && (await trial.production.missing(first)), ['app-0:v1.0.0 is missing']);
    assert.deepEqual(second && (await trial.production.missing(second)), []);
  });

  it('let it promote in spite of a freeze', async () => {
    const id = `promotion/frozen-${trial.production.staging.host}`;
    const handle = await service.client.workflow.start<typeof promotion>('promotion', {
      taskQueue: 'promotion',
      workflowId: id,
      args: [
        {
          manifests: await service.upload(trial.production.directory),
          confirm: true,
          sign: false,
          freeze: [{ from: '2020-01-01', to: '2120-01-01', reason: 'the long holidays' }],
        },
      ],
    });
    await waitFor(async () => (await handle.query(report)).outcome === 'frozen');
    const status = await trial.promoter('status', id);
    assert.match(status.stdout, /the long holidays/);
    const bare = await trial.promoter('override-freeze', id);
    assert.equal(bare.exit, 2);
    assert.match(bare.stderr, /reason/);
    await assertNothingArrived();
    const overridden = await trial.promoter('override-freeze', id, '--reason', 'a CVE', '--by', 'jane');
    assert.equal(overridden.exit, 0, overridden.stderr);
    assert.match(overridden.stderr, /promotes in spite of the freeze/);
    await trial.assertArrived();
    assert.deepEqual((await handle.query(report)).freezeOverride, { reason: 'a CVE', by: 'jane' });
  });

  it('have it promote to a destination more', async () => {
    const [named, other] = trial.production.mirrors.map(({ host }) => host);
    await trial.production.writeManifests([named ?? '']);
    const { workflowId: id } = await startWaiting();
    const twice = await trial.promoter('add-destination', id, `${named}/elsewhere`);
    assert.equal(twice.exit, 2);
    assert.match(twice.stderr, /is a destination of the run already/);
    const added = await trial.promoter('add-destination', id, `${other}/production`, '--by', 'jane');
    const sentence = `${other}/production is added to ${id}: ${IMAGES} edges to promote there\n`;
    assert.deepEqual([added.exit, added.stdout], [0, sentence]);
    await assertNothingArrived();
    const handle = service.client.workflow.getHandle<typeof promotion>(id);
    await waitFor(async () => (await handle.query(report)).outcome === 'awaiting-approval');
    const approved = await trial.promoter('approve', id);
    assert.equal(approved.exit, 0, approved.stderr);
    assert.match(approved.stdout, new RegExp(`^Promoted ${2 * IMAGES} edges`, 'm'));
    await trial.assertArrived();
    const why = await trial.promoter('why', id, `${other}/production/app-0:v1.0.0`);
    assert.match(why.stdout, /promote/, why.stderr);
  });

  it('and what it asks of a registry, which all runs share', async () => {
    const { workflowId: id } = await startWaiting();
    const host = trial.production.mirrors[0]?.host ?? '';
    const change = { host, requestsPerSecond: 7 };
    assert.deepEqual(await service.client.workflow.getHandle(id).executeUpdate(setBudget, { args: [change] }), change);
    const shown = await trial.promoter('budget', host);
    assert.equal(shown.exit, 0, shown.stderr);
    assert.match(shown.stdout, /ceiling 7, set by an operator/);
    assert.match(shown.stdout, new RegExp(`only ${RegExp.escape(id)} may write there`));
    const lifted = await trial.promoter('budget', host, 'default', '--json');
    const { book, writer } = JSON.parse(lifted.stdout) as BudgetState;
    assert.deepEqual([book.operatorCeiling, writer?.workflowId], [undefined, id]);
    assert.equal((await trial.promoter('abort', id)).exit, 0);
    await assertNothingArrived();
  });
});
