import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '../../src/stack/programs.ts';
import type { PromotionReport } from '../../src/workflows/messages.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import type { FaultRule } from '../support/registry-proxy-faults.ts';
import { runScript, type RunningScript } from '../support/script.ts';

const IMAGES = 4;
const MAIN = 'src/client/main.ts';
/** Permanent, so that a phase fails at once. */
const REFUSED: readonly FaultRule[] = [{ action: { status: 403, code: 'DENIED' } }];
const SLOW: readonly FaultRule[] = [{ class: /^upload\.put$/, action: { delayMs: 60_000 } }];

interface Document {
  readonly workflowId: string;
  readonly outcome: string;
  readonly exitCode: number;
  readonly report: PromotionReport;
  readonly plan?: readonly unknown[];
  readonly failure?: { readonly code: string; readonly message: string };
}

/** Resolves once a command has said something. */
async function says({ child, ended }: RunningScript, pattern: RegExp): Promise<void> {
  let said = '';
  const heard = new Promise<void>((resolve) => {
    child.stderr?.on('data', (text: Buffer) => {
      said += text.toString();
      if (pattern.test(said)) resolve();
    });
  });
  await Promise.race([heard, ended.then(({ exit }) => assert.fail(`it ended with ${exit} and said only: ${said}`))]);
}

describe('the command line', () => {
  let production: Production;
  let where: readonly string[];

  const start = (...args: readonly string[]): RunningScript => runScript(MAIN, [...args, ...where]);
  const promoter = (...args: readonly string[]): RunningScript['ended'] => start(...args).ended;
  const cipArguments = (...args: readonly string[]): readonly string[] => [
    'cip',
    '--thin-manifest-dir',
    production.directory,
    '--sign=false',
    ...args,
  ];
  const cip = (...args: readonly string[]): RunningScript['ended'] => promoter(...cipArguments(...args));
  const setFaults = (rules: readonly FaultRule[]): void =>
    production.mirrors.forEach((mirror) => mirror.setFaults(rules));

  async function assertArrived(): Promise<void> {
    for (const mirror of production.mirrors) assert.deepEqual(await production.missing(mirror), []);
  }

  function writes(): number {
    const log = production.mirrors.flatMap((mirror) => mirror.log());
    return log.filter(({ method }) => method !== 'GET' && method !== 'HEAD').length;
  }

  beforeEach(async () => {
    production = await startProduction({ images: IMAGES, mirrors: 2 });
  });
  afterEach(() => production.stop());

  describe('on a server', () => {
    let service: PromotionService;
    beforeEach(async () => {
      service = await startPromotionService({ directory: production.directory });
      where = ['--address', service.server.address, '--plan-store', join(production.directory, 'plans')];
    });
    afterEach(() => service.stop());

    it('shows what would be done, and writes nothing', async () => {
      const { exit, stdout } = await cip();
      assert.equal(exit, 0);
      const rows = stdout.split('\n').filter((line) => line.endsWith('promote'));
      assert.equal(rows.length, 2 * IMAGES);
      assert.match(stdout, /^SOURCE +DIGEST +DESTINATION +TAG +VERDICT$/m);
      assert.match(stdout, new RegExp(`^Plan: ${2 * IMAGES} edges: ${2 * IMAGES} to promote\\.$`, 'm'));
      assert.equal(writes(), 0);
    });

    it('does so in one JSON document', async () => {
      const { exit, stdout } = await cip('--json');
      const { outcome, exitCode, plan, report } = JSON.parse(stdout) as Document;
      assert.deepEqual([exit, outcome, exitCode], [0, 'dry-run', 0]);
      assert.equal(plan?.length, 2 * IMAGES);
      assert.equal(report.plan?.verdicts.promote, 2 * IMAGES);
    });

    it('promotes, and finds everything there the second time', async () => {
      const first = await cip('--confirm');
      assert.equal(first.exit, 0, first.stderr);
      assert.match(first.stdout, new RegExp(`^Promoted ${2 * IMAGES} edges`, 'm'));
      assert.match(first.stderr, /^Phase "promote" completed in /m);
      await assertArrived();
      for (const mirror of production.mirrors) mirror.clear();
      const second = await cip('--confirm');
      assert.equal(second.exit, 0, second.stderr);
      assert.match(second.stdout, /^Nothing to promote\.$/m);
      assert.equal(writes(), 0);
    });

    it('joins the run of the same command, and refuses another one', async () => {
      setFaults(REFUSED);
      const first = await cip('--confirm', '--on-failure', 'hold');
      assert.equal(first.exit, 4, first.stderr);
      const joined = await cip('--confirm');
      assert.equal(joined.exit, 4, joined.stderr);
      assert.match(joined.stderr, /^goes on with run [0-9a-f-]+ of promotion\//m);
      const refused = await cip('--confirm', '--strict');
      assert.equal(refused.exit, 5, refused.stderr);
      assert.match(
        refused.stderr,
        /^another promotion to the same destinations is held in setup, since .*: promotion\//m,
      );
      assert.match(refused.stderr, /promoter watch 'promotion\//);
      assert.equal((await cip()).exit, 1, 'a dry run is in nobody’s way');
    });

    it('holds, says how it stands, and goes on when told to', async () => {
      setFaults(REFUSED);
      const held = await cip('--confirm', '--on-failure', 'hold');
      assert.equal(held.exit, 4, held.stderr);
      const [, id = ''] = /promoter retry '([^']+)'/.exec(held.stderr) ?? [];
      const status = await promoter('status', id);
      assert.equal(status.exit, 4);
      assert.match(status.stdout, /^held in setup; started /m);
      assert.equal((await promoter('skip', id)).exit, 2);
      setFaults([]);
      const retried = await promoter('retry', id, '--reason', 'they let us in again');
      assert.equal(retried.exit, 0, retried.stderr);
      await assertArrived();
      const listed = JSON.parse((await promoter('list', '--json')).stdout) as readonly { state: string }[];
      assert.deepEqual(
        listed.map(({ state }) => state),
        ['done'],
      );
    });

    it('ends a held run', async () => {
      setFaults(REFUSED);
      const held = await cip('--confirm', '--on-failure', 'hold', '--json');
      const { workflowId } = JSON.parse(held.stdout) as Document;
      const aborted = await promoter('abort', workflowId, '--reason', 'no longer wanted');
      assert.equal(aborted.exit, 0, aborted.stderr);
      const status = await promoter('status', workflowId, '--json');
      assert.equal(status.exit, 1);
      assert.match(status.stdout, /no longer wanted/);
    });

    it('fails where nobody can decide, with one clear error', async () => {
      setFaults(REFUSED);
      const { exit, stdout, stderr } = await cip('--confirm', '--json');
      const { outcome, failure } = JSON.parse(stdout) as Document;
      assert.deepEqual([exit, outcome, failure?.code], [1, 'failed', 'RegistryDenied']);
      assert.match(stderr, /403/);
      assert.doesNotMatch(stderr, /^ +at /m);
    });

    it('promotes what it can, and the rest when it is retried', async () => {
      const [broken, whole] = production.mirrors;
      broken?.setFaults(REFUSED);
      const first = await cip('--confirm');
      assert.equal(first.exit, 3, first.stderr);
      assert.match(first.stdout, new RegExp(`^Quarantined ${IMAGES} edges:$`, 'm'));
      broken?.setFaults([]);
      whole?.clear();
      const id = /started (promotion\/\S+)/.exec(first.stderr)?.[1] ?? '';
      const second = await promoter('retry', id);
      assert.equal(second.exit, 0, second.stderr);
      await assertArrived();
      assert.equal(whole?.log().filter(({ method }) => method === 'PUT').length, 0);
      assert.equal((await promoter('retry', id)).exit, 2);
    });

    it('prepares manifests for any Temporal client', async () => {
      const { stdout } = await promoter('manifest', 'upload', production.directory, '--json');
      const { workflowId, request } = JSON.parse(stdout) as { workflowId: string; request: object };
      const input = JSON.stringify({ ...request, sign: false });
      const options = [
        '--type',
        'promotion',
        '--task-queue',
        'promotion',
        '--workflow-id',
        workflowId,
        '--input',
        input,
      ];
      const temporal = await findProgram('temporal');
      await promisify(execFile)(temporal, ['workflow', 'start', ...options, '--address', service.server.address]);
      const watched = await promoter('watch', workflowId);
      assert.equal(watched.exit, 0, watched.stderr);
      await assertArrived();
    });

    it('knows no run that is not there', async () => {
      const { exit, stderr } = await promoter('status', 'nobody');
      assert.equal(exit, 1);
      assert.match(stderr, /^there is no run 'nobody' on /);
    });
  });

  describe('self-contained', () => {
    let state: string;
    beforeEach(() => {
      state = join(production.directory, 'state');
      where = ['--state', state];
    });

    async function assertStopped(): Promise<void> {
      await assert.rejects(access(join(state, 'server.json')), { code: 'ENOENT' });
      await assert.rejects(access(join(state, 'lock')), { code: 'ENOENT' });
    }

    it('goes on after Ctrl-C when the same command is given again', async () => {
      setFaults(SLOW);
      const first = start(...cipArguments('--confirm'));
      await says(first, /: promote$/m);
      first.child.kill('SIGINT');
      const { exit, stderr } = await first.ended;
      assert.equal(exit, 130);
      assert.match(stderr, /stopped; give the same command again, and promotion\/\S+ goes on where it was/);
      await assertStopped();
      setFaults([]);
      const second = await cip('--confirm');
      assert.equal(second.exit, 0, second.stderr);
      assert.match(second.stderr, /^goes on with run /m);
      await assertArrived();
    });

    it('keeps a held run until it is retried', async () => {
      setFaults(REFUSED);
      const held = await cip('--confirm', '--on-failure', 'hold');
      assert.equal(held.exit, 4, held.stderr);
      await assertStopped();
      setFaults([]);
      const id = /promoter retry '([^']+)'/.exec(held.stderr)?.[1] ?? '';
      assert.equal((await promoter('status', id)).exit, 4);
      const retried = await promoter('retry', id);
      assert.equal(retried.exit, 0, retried.stderr);
      await assertArrived();
      await assertStopped();
    });

    it('shares the server of another command that is at work', async () => {
      setFaults(REFUSED);
      const held = await cip('--confirm', '--on-failure', 'hold', '--json');
      const { workflowId } = JSON.parse(held.stdout) as Document;
      setFaults([]);
      const watching = start('watch', workflowId);
      await says(watching, /is held since/);
      assert.match((await promoter('status', workflowId)).stdout, /^held in setup; /m);
      const dryRun = await cip();
      assert.equal(dryRun.exit, 0, dryRun.stderr);
      const retried = await promoter('retry', workflowId);
      assert.equal(retried.exit, 0, retried.stderr);
      const watched = await watching.ended;
      assert.equal(watched.exit, 0, watched.stderr);
      await assertArrived();
      await assertStopped();
    });
  });

  it('says which server cannot be reached', async () => {
    where = ['--address', '127.0.0.1:1'];
    const { exit, stderr } = await promoter('list');
    assert.equal(exit, 1);
    assert.match(stderr, /^could not reach the Temporal server at 127\.0\.0\.1:1: .*; start it, name another one/);
  });
});
