import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { captureOutput } from '../client/captured-output.ts';
import { createProgram, runProgram } from '../../src/client/program.ts';
import { DIGEST } from '../support/promotion-activities.ts';
import type { notification, promotion } from '../../src/workflows/index.ts';
import { abortPromotion, report } from '../../src/workflows/messages.ts';
import type { PromotionRequest } from '../../src/workflows/promotion-request.ts';
import { startSmtpHost, type SmtpHost } from '../notifications/smtp-host.ts';
import { reply, startHttpHost, type HttpHost } from '../registry/http-host.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { runScript } from '../support/script.ts';
import { waitFor } from '../support/waiting.ts';

const COMMIT = 'c0ffee'.padEnd(40, '0');
const CANARY = 'notification-canary';

describe('notifications', function () {
  this.timeout('2m');
  let production: Production;
  let service: PromotionService;
  let receiver: HttpHost;
  let smtp: SmtpHost;
  /** Answers to the webhook's first attempts. */
  let trouble: number[] = [];

  before(async () => {
    receiver = await startHttpHost(({ path }, response) =>
      reply(response, path === '/hook' ? (trouble.shift() ?? 200) : 201, {}, '{}'),
    );
    smtp = await startSmtpHost();
    production = await startProduction({ images: 2, mirrors: 1 });
    const configuration = {
      notifications: [
        { kind: 'webhook', name: 'hook', url: `${receiver.origin}/hook`, secret: { env: 'HOOK_SECRET' } },
        { kind: 'slack', name: 'channel', url: { env: 'SLACK_URL' }, events: ['held'] },
        { kind: 'github', name: 'status', repository: 'a/b', token: { env: 'STATUS_TOKEN' }, baseUrl: receiver.origin },
        { kind: 'email', name: 'mail', server: smtp.address, from: 'a@b.test', to: ['c@d.test'], events: ['failed'] },
      ],
    };
    const file = join(production.directory, 'promoter.yaml');
    // JSON is YAML.
    await writeFile(file, JSON.stringify(configuration));
    service = await startPromotionService({
      directory: production.directory,
      environment: {
        PROMOTER_CONFIG: file,
        HOOK_SECRET: CANARY,
        STATUS_TOKEN: CANARY,
        SLACK_URL: `${receiver.origin}/slack/${CANARY}`,
      },
    });
  });
  after(async () => {
    await service?.stop();
    await production?.stop();
    await receiver?.close();
    await smtp?.close();
  });

  const start = (
    workflowId: string,
    manifests: string,
    more: Pick<PromotionRequest, 'approval'> = {},
  ): Promise<WorkflowHandle<typeof promotion>> =>
    service.client.workflow.start<typeof promotion>('promotion', {
      taskQueue: 'promotion',
      workflowId,
      args: [{ manifests, confirm: true, sign: false, commit: COMMIT, policies: { setup: { attempts: 1 } }, ...more }],
    });
  const seenAt = (path: string): readonly string[] =>
    receiver.seen.filter((request) => request.path.startsWith(path)).map(({ body }) => body.toString());

  it('tell of an outcome, each target until it has it, and the run does not wait', async () => {
    trouble = [503, 500];
    const run = await start('told', await service.upload(production.directory));
    assert.equal((await run.result()).outcome, 'done');
    await waitFor(() => seenAt('/hook').length === 3 && seenAt('/repos').length === 1);
    const ids = receiver.seen.filter(({ path }) => path === '/hook').map(({ headers }) => headers['webhook-id']);
    assert.equal(new Set(ids).size, 1, 'a receiver can tell attempts from news');
    assert.match(seenAt('/hook')[2] ?? '', /"type":"promotion.done"/);
    assert.match(seenAt('/repos')[0] ?? '', /"state":"success"/);
    const { delivered, failed } = await service.client.workflow
      .getHandle<typeof notification>(ids[0] as string)
      .result();
    assert.deepEqual([delivered, failed], [['hook', 'status'], []]);
  });

  it('tell of a hold, even in the first phase, and of how it ended', async () => {
    const run = await start('held', DIGEST);
    await waitFor(() => seenAt('/slack').length === 1);
    assert.match(seenAt('/slack')[0] ?? '', /is held in setup/);
    await run.executeUpdate(abortPromotion, { args: [{ reason: 'given up' }] });
    await assert.rejects(run.result());
    await waitFor(() => smtp.mails.length === 1);
    assert.match(smtp.mails[0] ?? '', /^Subject: Promotion failed$/m);
    assert.match(smtp.mails[0] ?? '', /given up/);
  });

  it('tell who is to approve, once', async () => {
    const run = await start('asked', await service.upload(production.directory), { approval: 'required' });
    const asked = (): number => seenAt('/hook').filter((body) => body.includes('"promotion.awaiting-approval"')).length;
    await waitFor(() => asked() > 0);
    await run.executeUpdate(abortPromotion, { args: [undefined] });
    await assert.rejects(run.result());
    assert.equal(asked(), 1);
  });

  it('are delivered before a self-contained command ends', async () => {
    const configuration = join(production.directory, 'self-contained.yaml');
    const notifications = [{ kind: 'webhook', name: 'hook', url: `${receiver.origin}/own` }];
    await writeFile(configuration, JSON.stringify({ notifications }));
    const state = join(production.directory, 'state');
    const args = ['cip', '--thin-manifest-dir', production.directory, '--confirm', '--sign=false'];
    const { exit, stderr } = await runScript('src/client/main.ts', [
      ...args,
      '--state',
      state,
      '--config',
      configuration,
    ]).ended;
    assert.equal(exit, 0, stderr);
    assert.match(seenAt('/own')[0] ?? '', /"type":"promotion.done"/);
  });

  it('never show a secret to Temporal', async () => {
    const histories: string[] = [];
    for await (const { workflowId, runId } of service.client.workflow.list()) {
      const history = await service.client.workflow.getHandle(workflowId, runId).fetchHistory();
      histories.push(Buffer.from(JSON.stringify(history)).toString());
    }
    const payloads = histories.join('').matchAll(/"data":"([A-Za-z0-9+/=]+)"/g);
    const texts = [...payloads].map(([, data = '']) => Buffer.from(data, 'base64').toString()).join('\n');
    assert.match(texts, /promotion\/|told/);
    assert.ok(!histories.join('').includes(CANARY) && !texts.includes(CANARY));
  });

  it('change nothing when every receiver is gone', async () => {
    await Promise.all([receiver.close(), smtp.close()]);
    const run = await start('alone', await service.upload(production.directory));
    assert.equal((await run.result()).outcome, 'done');
    const held = await start('held-alone', DIGEST);
    await waitFor(async () => (await held.query(report)).outcome === 'held');
    await held.executeUpdate(abortPromotion, { args: [undefined] });
    await assert.rejects(held.result());
  });

  it('can be tried from the command line, which says who could not be told', async () => {
    const { captured, output } = captureOutput();
    const file = join(production.directory, 'tried.yaml');
    const notifications = [{ kind: 'webhook', name: 'hook', url: `${receiver.origin}/hook` }];
    await writeFile(file, JSON.stringify({ notifications }));
    await runProgram(createProgram(output), ['notify', 'test', '--config', file], output);
    assert.equal(captured.exitCode, 1, captured.stderr);
    assert.match(
      captured.stdout,
      /could not notify hook \(webhook\): 127\.0\.0\.1:\d+ could not be reached: ECONNREFUSED/,
    );
    await rm(file);
  });
});
