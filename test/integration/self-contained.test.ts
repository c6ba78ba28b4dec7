import assert from 'node:assert/strict';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { REFUSED, says, startCommandTrial, type CommandTrial, type RunDocument } from '../support/command-trial.ts';
import type { FaultRule } from '../support/registry-proxy-faults.ts';

const IMAGES = 4;
/** Long enough for a command to be interrupted meanwhile. */
const SLOW: readonly FaultRule[] = [{ class: /^upload\.put$/, action: { delayMs: 60_000 } }];

describe('the command line, self-contained', () => {
  let trial: CommandTrial;
  let state: string;
  beforeEach(async () => {
    trial = await startCommandTrial(IMAGES);
    state = join(trial.production.directory, 'state');
    trial.where = ['--state', state];
  });
  afterEach(() => trial.stop());

  async function assertStopped(): Promise<void> {
    await assert.rejects(access(join(state, 'server.json')), { code: 'ENOENT' });
    await assert.rejects(access(join(state, 'lock')), { code: 'ENOENT' });
  }

  async function assertClosedToOthers(): Promise<void> {
    const below = await readdir(state, { recursive: true });
    assert.ok(below.includes('temporal.db') && below.includes('plans'), below.join(' '));
    for (const path of ['.', ...below]) {
      assert.equal((await stat(join(state, path))).mode & 0o077, 0, path);
    }
  }

  it('goes on after Ctrl-C when the same command is given again', async () => {
    trial.setFaults(SLOW);
    const first = trial.start(...trial.cipArguments('--confirm'));
    await says(first, /: promote$/m);
    first.child.kill('SIGINT');
    const { exit, stderr } = await first.ended;
    assert.equal(exit, 130);
    assert.match(stderr, /stopped; give the same command again, and promotion\/\S+ goes on where it was/);
    await assertStopped();
    trial.setFaults([]);
    const second = await trial.cip('--confirm');
    assert.equal(second.exit, 0, second.stderr);
    assert.match(second.stderr, /^goes on with run /m);
    await trial.assertArrived();
  });

  it('keeps a held run until it is retried', async () => {
    trial.setFaults(REFUSED);
    const held = await trial.cip('--confirm', '--on-failure', 'hold');
    assert.equal(held.exit, 4, held.stderr);
    await assertStopped();
    await assertClosedToOthers();
    trial.setFaults([]);
    const id = /promoter retry '([^']+)'/.exec(held.stderr)?.[1] ?? '';
    assert.equal((await trial.promoter('status', id)).exit, 4);
    const retried = await trial.promoter('retry', id);
    assert.equal(retried.exit, 0, retried.stderr);
    await trial.assertArrived();
    await assertStopped();
  });

  it('shares the server of another command that is at work', async () => {
    trial.setFaults(REFUSED);
    const held = await trial.cip('--confirm', '--on-failure', 'hold', '--json');
    const { workflowId } = JSON.parse(held.stdout) as RunDocument;
    trial.setFaults([]);
    const watching = trial.start('watch', workflowId);
    await says(watching, /is held since/);
    assert.match((await trial.promoter('status', workflowId)).stdout, /^held in setup; /m);
    const dryRun = await trial.cip();
    assert.equal(dryRun.exit, 0, dryRun.stderr);
    const retried = await trial.promoter('retry', workflowId);
    assert.equal(retried.exit, 0, retried.stderr);
    const watched = await watching.ended;
    assert.equal(watched.exit, 0, watched.stderr);
    await trial.assertArrived();
    await assertStopped();
  });
});
