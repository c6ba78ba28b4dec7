import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../../src/stack/programs.ts';
import { REFUSED, startCommandTrial, type CommandTrial, type RunDocument } from '../support/command-trial.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { runScript } from '../support/script.ts';

const IMAGES = 4;

describe('the command line on a server', () => {
  let trial: CommandTrial;
  let service: PromotionService;
  beforeEach(async () => {
    trial = await startCommandTrial(IMAGES);
    service = await startPromotionService({ directory: trial.production.directory });
    trial.where = ['--address', service.server.address, '--plan-store', join(trial.production.directory, 'plans')];
  });
  afterEach(async () => {
    await service.stop();
    await trial.stop();
  });

  it('shows what would be done, and writes nothing', async () => {
    const { exit, stdout } = await trial.cip();
    assert.equal(exit, 0);
    const rows = stdout.split('\n').filter((line) => line.endsWith('promote'));
    assert.equal(rows.length, 2 * IMAGES);
    assert.match(stdout, /^SOURCE +DIGEST +DESTINATION +TAG +VERDICT$/m);
    assert.match(stdout, new RegExp(`^Plan: ${2 * IMAGES} edges: ${2 * IMAGES} to promote\\.$`, 'm'));
    assert.equal(trial.writes(), 0);
  });

  it('does so in one JSON document', async () => {
    const { exit, stdout } = await trial.cip('--json');
    const { outcome, exitCode, plan, report } = JSON.parse(stdout) as RunDocument;
    assert.deepEqual([exit, outcome, exitCode], [0, 'dry-run', 0]);
    assert.equal(plan?.length, 2 * IMAGES);
    assert.equal(report.plan?.verdicts.promote, 2 * IMAGES);
  });

  it('promotes, and finds everything there the second time', async () => {
    const first = await trial.cip('--confirm');
    assert.equal(first.exit, 0, first.stderr);
    assert.match(first.stdout, new RegExp(`^Promoted ${2 * IMAGES} edges`, 'm'));
    assert.match(first.stderr, /^Phase "promote" completed in /m);
    await trial.assertArrived();
    for (const mirror of trial.production.mirrors) mirror.clear();
    const second = await trial.cip('--confirm');
    assert.equal(second.exit, 0, second.stderr);
    assert.match(second.stdout, /^Nothing to promote\.$/m);
    assert.equal(trial.writes(), 0);
  });

  it('joins the run of the same command, and refuses another one', async () => {
    trial.setFaults(REFUSED);
    const first = await trial.cip('--confirm', '--on-failure', 'hold');
    assert.equal(first.exit, 4, first.stderr);
    const joined = await trial.cip('--confirm');
    assert.equal(joined.exit, 4, joined.stderr);
    assert.match(joined.stderr, /^goes on with run [0-9a-f-]+ of promotion\//m);
    const refused = await trial.cip('--confirm', '--strict');
    assert.equal(refused.exit, 5, refused.stderr);
    assert.match(
      refused.stderr,
      /^another promotion to the same destinations is held in setup, since .*: promotion\//m,
    );
    assert.match(refused.stderr, /promoter watch 'promotion\//);
    assert.equal((await trial.cip()).exit, 1, 'a dry run is in nobody’s way');
  });

  it('holds, says how it stands, and goes on when told to', async () => {
    trial.setFaults(REFUSED);
    const held = await trial.cip('--confirm', '--on-failure', 'hold');
    assert.equal(held.exit, 4, held.stderr);
    const [, id = ''] = /promoter retry '([^']+)'/.exec(held.stderr) ?? [];
    const status = await trial.promoter('status', id);
    assert.equal(status.exit, 4);
    assert.match(status.stdout, /^held in setup; started /m);
    assert.equal((await trial.promoter('skip', id)).exit, 2);
    trial.setFaults([]);
    const retried = await trial.promoter('retry', id, '--reason', 'they let us in again');
    assert.equal(retried.exit, 0, retried.stderr);
    await trial.assertArrived();
    const listed = JSON.parse((await trial.promoter('list', '--json')).stdout) as readonly { state: string }[];
    assert.deepEqual(
      listed.map(({ state }) => state),
      ['done'],
    );
  });

  it('ends a held run', async () => {
    trial.setFaults(REFUSED);
    const held = await trial.cip('--confirm', '--on-failure', 'hold', '--json');
    const { workflowId } = JSON.parse(held.stdout) as RunDocument;
    const aborted = await trial.promoter('abort', workflowId, '--reason', 'no longer wanted');
    assert.equal(aborted.exit, 0, aborted.stderr);
    const status = await trial.promoter('status', workflowId, '--json');
    assert.equal(status.exit, 1);
    assert.match(status.stdout, /no longer wanted/);
  });

  it('fails where nobody can decide, with one clear error', async () => {
    trial.setFaults(REFUSED);
    const { exit, stdout, stderr } = await trial.cip('--confirm', '--json');
    const { outcome, failure } = JSON.parse(stdout) as RunDocument;
    assert.deepEqual([exit, outcome, failure?.code], [1, 'failed', 'RegistryDenied']);
    assert.match(stderr, /403/);
    assert.doesNotMatch(stderr, /^ +at /m);
  });

  it('promotes what it can, and the rest when it is retried', async () => {
    const [broken, whole] = trial.production.mirrors;
    broken?.setFaults(REFUSED);
    const first = await trial.cip('--confirm');
    assert.equal(first.exit, 3, first.stderr);
    assert.match(first.stdout, new RegExp(`^Quarantined ${IMAGES} edges:$`, 'm'));
    broken?.setFaults([]);
    whole?.clear();
    const id = /started (promotion\/\S+)/.exec(first.stderr)?.[1] ?? '';
    const second = await trial.promoter('retry', id);
    assert.equal(second.exit, 0, second.stderr);
    await trial.assertArrived();
    assert.equal(whole?.log().filter(({ method }) => method === 'PUT').length, 0);
    assert.equal((await trial.promoter('retry', id)).exit, 2);
  });

  it('prepares manifests for any Temporal client', async () => {
    const { stdout } = await trial.promoter('manifest', 'upload', trial.production.directory, '--json');
    const { workflowId, request } = JSON.parse(stdout) as { workflowId: string; request: object };
    const input = JSON.stringify({ ...request, sign: false });
    const options = ['--type', 'promotion', '--task-queue', 'promotion', '--workflow-id', workflowId, '--input', input];
    const temporal = await findProgram('temporal');
    await promisify(execFile)(temporal, ['workflow', 'start', ...options, '--address', service.server.address]);
    const watched = await trial.promoter('watch', workflowId);
    assert.equal(watched.exit, 0, watched.stderr);
    await trial.assertArrived();
  });

  it('knows no run that is not there', async () => {
    const { exit, stderr } = await trial.promoter('status', 'nobody');
    assert.equal(exit, 1);
    assert.match(stderr, /^there is no run 'nobody' on /);
  });
});

describe('the command line without a server that answers', () => {
  it('says which one it is', async () => {
    const { exit, stderr } = await runScript('src/client/main.ts', ['list', '--address', '127.0.0.1:1']).ended;
    assert.equal(exit, 1);
    assert.match(stderr, /^could not reach the Temporal server at 127\.0\.0\.1:1: .*; start it, name another one/);
  });
});
