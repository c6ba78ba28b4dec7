import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Digest, Tag } from '../../src/reference.ts';
import type { signatureReplication } from '../../src/workflows/index.ts';
import { startReplicationService, type ReplicationService } from '../support/replication-service.ts';
import { waitFor } from '../support/waiting.ts';

const IMAGES = 40;
/** Two shards with eight sources each. */
const IN_WORK = 16;
/** So many that a host counts as down when it fails for each of them. */
const FEW = 3;

describe('replication by workers of their own processes', function () {
  this.timeout(400_000);
  let stage: ReplicationService;

  before(async () => {
    stage = await startReplicationService({ images: IMAGES, digests: 1, mirrors: 2, latencyMs: 40 });
  });
  after(() => stage?.stop());

  it('goes on where it was when worker and server are killed, ten times', async () => {
    const { lab, service, signed, store } = stage;
    for (const [name, digest] of signed) await lab.sign(lab.canonical, name, digest);
    const manifests = await stage.upload(lab.manifestText);
    lab.clear();
    const listings = (): number => lab.canonical.counts()['tags.list'] ?? 0;
    const handle = await service.client.workflow.start<typeof signatureReplication>('signatureReplication', {
      taskQueue: 'replication',
      workflowId: 'killed',
      args: [{ manifests, confirm: true, heartbeat: '1 second' }],
    });
    const points = [1, 5, 9, 14, 18, 22, 27, 31, 35, 39];
    for (const [at, point] of points.entries()) {
      await waitFor(() => listings() >= point);
      if (at % 3 === 2) {
        const port = Number(service.server.address.split(':')[1]);
        await service.server.kill();
        service.server = await service.startServer(port);
      } else {
        await service.worker.kill();
        service.worker = await service.startWorker();
      }
    }
    const report = await handle.result();
    assert.equal(report.outcome, 'done');
    assert.equal(report.sources.done, IMAGES);
    assert.deepEqual(await stage.unequal(), []);
    const repeated = listings() - IMAGES;
    assert.ok(repeated <= points.length * IN_WORK, `${repeated} listings were repeated`);
    assert.deepEqual(await store.names('runs/'), [], 'nothing of the run is left');
  });

  it('is run once by kpromo’s command, dry or not', async () => {
    const { lab, signed } = stage;
    const [[name, digest] = ['', '' as Digest]] = signed;
    await lab.sign(lab.canonical, name, digest, 'second');
    const [mirror = lab.canonical] = lab.mirrors;
    await lab.registry.deleteTag(lab.repository(mirror, name), `${digest.replace(':', '-')}.sig` as Tag);
    const arguments_ = ['cip', 'replicate-signatures', '--manifest', stage.manifestFile];
    const dry = await stage.command(...arguments_, '--max-signature-copies', '10', '--json');
    assert.equal(dry.exitCode, 0, dry.stderr);
    assert.match(dry.stderr, /Found 120 edges for signature replication/);
    assert.match(dry.stderr, /Dry run complete \(use --confirm to replicate\)/);
    const parsed = JSON.parse(dry.stdout) as { report: { counts: { missing: number; differing: number } } };
    assert.equal(parsed.report.counts.missing, 1);
    assert.equal(parsed.report.counts.differing, 1);
    const off = await stage.command(...arguments_, '--sign=false');
    assert.match(off.stderr, /Signing disabled, skipping signature replication/);
  });

  it('is preceded by a check that tells by its exit code, and keeps kpromo’s lines', async () => {
    const arguments_ = ['sigcheck', '--manifest', stage.manifestFile];
    const found = await stage.command(...arguments_, '--json');
    assert.equal(found.exitCode, 3, found.stderr);
    assert.match(found.stderr, /Fixing 40 unsigned images/);
    assert.match(found.stderr, /\(NOOP\) signing images\.example\.test\/app-00@sha256:/);
    const result = JSON.parse(found.stdout) as { outcome: string; images: number; findings: readonly unknown[] };
    assert.deepEqual([result.outcome, result.images, result.findings.length], ['inconsistent', IMAGES, IMAGES]);
    const none = await stage.command(...arguments_, 'images.example.test/elsewhere');
    assert.equal(none.exitCode, 0);
    assert.match(none.stdout, /Signature consistency OK!/);
    const open = await stage.command(...arguments_, '--certificate-identity-regexp', '(');
    assert.equal(open.exitCode, 2, open.stderr);
  });

  it('is put on a schedule that is created, changed, shown, paused, triggered and deleted', async () => {
    const manifest = ['--manifest', stage.manifestFile];
    const { service } = stage;
    const created = await stage.command('schedule', 'apply', 'replication', ...manifest);
    assert.match(created.stdout, /created signature-replication, every 30 min/);
    const updated = await stage.command('schedule', 'apply', 'replication', ...manifest, '--every', '1 hour');
    assert.match(updated.stdout, /updated signature-replication, every 1 h/);
    await stage.command('schedule', 'pause', 'replication', '--note', 'holiday');
    const shown = await stage.command('schedule', 'show', 'replication', '--json');
    const schedule = JSON.parse(shown.stdout) as Record<string, unknown>;
    assert.deepEqual([schedule['every'], schedule['paused'], schedule['note']], [3_600_000, true, 'holiday']);
    const { policies, action } = await service.client.schedule.getHandle('signature-replication').describe();
    assert.deepEqual(
      [policies.overlap, policies.catchupWindow, policies.pauseOnFailure],
      ['BUFFER_ONE', 3_600_000, false],
    );
    assert.equal(action.taskQueue, 'replication');
    assert.equal(action.retry, undefined);
    await stage.command('schedule', 'resume', 'replication');
    await stage.command('schedule', 'trigger', 'replication');
    const handle = service.client.schedule.getHandle('signature-replication');
    await waitFor(async () => (await handle.describe()).info.recentActions.length === 1);
    const [run] = (await handle.describe()).info.recentActions;
    const report = await service.client.workflow.getHandle(run?.action.workflow.workflowId ?? '').result();
    assert.equal((report as { sources: { done: number } }).sources.done, IMAGES);
    const id = run?.action.workflow.workflowId ?? '';
    const listed = JSON.parse((await stage.command('list', '--kind', 'replication', '--json')).stdout) as readonly {
      readonly workflowId: string;
      readonly kind: string;
      readonly state: string;
    }[];
    assert.deepEqual(
      listed.filter(({ workflowId }) => workflowId === id).map(({ kind, state }) => [kind, state]),
      [['replication', 'done']],
    );
    const status = await stage.command('status', id);
    assert.equal(status.exitCode, 0, status.stderr);
    assert.match(status.stdout, /^done; started .*\n.*\n?40\/40 source repositories$/m);
    const refused = await stage.command('watch', id);
    assert.deepEqual([refused.exitCode, /is a replication/.test(refused.stderr)], [2, true]);
    await stage.command('schedule', 'delete', 'replication');
    const gone = await stage.command('schedule', 'show', 'replication');
    assert.match(gone.stderr, /there is no such schedule/);
    assert.equal(gone.exitCode, 1);
  });

  it('never runs beside itself, however long a run takes and however often one is due', async () => {
    const { lab, service } = stage;
    lab.canonical.setFaults([{ class: /^tags\.list$/, action: { delayMs: 300 } }]);
    await stage.command('schedule', 'apply', 'replication', '--manifest', stage.manifestFile, '--every', '1 second');
    const query = "WorkflowId STARTS_WITH 'signature-replication' AND ExecutionStatus = 'Completed'";
    const before = (await service.client.workflow.count(query)).count;
    await waitFor(async () => (await service.client.workflow.count(query)).count >= before + 3);
    await stage.command('schedule', 'delete', 'replication');
    lab.canonical.setFaults([]);
    const runs: { readonly startTime: Date; readonly closeTime?: Date }[] = [];
    for await (const run of service.client.workflow.list({ query })) runs.push(run);
    runs.sort((a, b) => a.startTime.getTime() - b.startTime.getTime());
    const took = runs.map(({ startTime, closeTime = startTime }) => closeTime.getTime() - startTime.getTime());
    assert.ok(took.filter((ms) => ms > 1_000).length >= 3, 'runs were due while others were at work');
    for (const [at, { startTime }] of runs.entries()) {
      assert.ok(startTime >= (runs[at - 1]?.closeTime ?? startTime), 'one began before another had ended');
    }
  });

  it('fails in whatever way it may without touching a promotion on the same hosts', async () => {
    const { lab, service, signed } = stage;
    const [down] = lab.mirrors;
    assert.ok(down !== undefined);
    const replicate = (workflowId: string, manifests: string) =>
      service.client.workflow.start<typeof signatureReplication>('signatureReplication', {
        taskQueue: 'replication',
        workflowId,
        args: [{ manifests, confirm: true }],
      });
    const manifests = await stage.upload(lab.manifestText);
    for (const [name, digest] of signed.slice(0, FEW)) await lab.sign(lab.canonical, name, digest, 'third');

    // In the worker that promotes, too: a mirror that is down for it alone, and an activity that fails.
    down.setFaults([{ path: /\/app-/, action: { status: 503 } }]);
    const short = await replicate('mirror-down', manifests);
    const failing = await replicate('activity-fails', `sha256:${'0'.repeat(64)}`);
    await waitFor(() => down.log().some(({ status }) => status === 503));
    await stage.promote('while-mirror-is-down');
    assert.equal((await short.result()).outcome, 'residue');
    await assert.rejects(failing.result());
    down.setFaults([]);

    // In a worker of its own, which is refused its share of each host's budget, and killed in the middle.
    await service.worker.kill();
    service.worker = await service.startWorker({ PROMOTER_WORKER_QUEUES: 'promotion' });
    const refused = { PROMOTER_WORKER_QUEUES: 'replication', PROMOTER_REQUESTS_PER_SECOND: '0.01' };
    const replicator = await service.startWorker(refused);
    const stuck = await replicate('refused-and-killed', manifests);
    const note = `no share of the budget of ${lab.canonical.host} is to be had`;
    await waitFor(async () => (await readFile(stage.workerLog, 'utf8')).includes(note));
    const promoted = stage.promote('while-worker-is-killed');
    await replicator.kill();
    await promoted;
    assert.equal((await stuck.describe()).status.name, 'RUNNING');
    await stuck.terminate('the test is over');
  });
});
