import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { freePort } from '../../src/stack/ports.ts';
import type { promotion } from '../../src/workflows/index.ts';
import { reply, startHttpHost, type HttpHost } from '../registry/http-host.ts';
import { startCollector, type Collector } from '../support/collector.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { runScript } from '../support/script.ts';
import { startSigningStack, type SigningStack } from '../support/signing-stack.ts';
import { waitFor } from '../support/waiting.ts';

const ROBOT = { username: 'robot', password: 'canary-registry-password' };
const BASIC = Buffer.from(`${ROBOT.username}:${ROBOT.password}`).toString('base64');
const HOOK_SECRET = 'canary-webhook-secret';
const STATUS_TOKEN = 'canary-github-token';
const RUN = 'with-canaries';
const REFUSED_RUN = 'with-canaries-refused';

/** All text inside a value, what is in byte arrays too. */
function textIn(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (typeof value === 'object' && value !== null) return Object.values(value).map(textIn).join('\n');
  return typeof value === 'string' ? value : '';
}

describe('the secrets of a worker', function () {
  this.timeout('2m');
  let stack: SigningStack;
  let production: Production;
  let service: PromotionService;
  let collector: Collector;
  /** Takes notifications, and hands out identity tokens that it remembers. */
  let receiver: HttpHost;
  /** A registry that refuses everything, and repeats what it was sent. */
  let echo: HttpHost;
  let metrics: string;
  const identityTokens: string[] = [];

  async function handOutToken(response: ServerResponse): Promise<void> {
    const token = await (await fetch(stack.sigstore.tokenUrl)).text();
    identityTokens.push(token.trim());
    reply(response, 200, {}, token);
  }

  before(async () => {
    stack = await startSigningStack();
    collector = await startCollector();
    receiver = await startHttpHost(({ path }, response) => {
      if (path === '/identity') void handOutToken(response);
      else reply(response, 201, {}, '{}');
    });
    echo = await startHttpHost(({ headers: { authorization } }, response) => {
      if (authorization === undefined) reply(response, 401, { 'www-authenticate': 'Basic' });
      else reply(response, 403, {}, { errors: [{ code: 'DENIED', message: `${authorization}: ${ROBOT.password}` }] });
    });
    production = await startProduction({ images: 2, mirrors: 2, proxy: { tokens: ROBOT } });
    const hosts = [production.staging, ...production.mirrors, echo].map(({ host }) => [host, { auth: BASIC }]);
    const credentials = { auths: Object.fromEntries(hosts) };
    await writeFile(join(production.directory, 'config.json'), JSON.stringify(credentials));
    const configuration = join(production.directory, 'promoter.yaml');
    const notifications = [
      { kind: 'webhook', name: 'hook', url: `${receiver.origin}/hook`, secret: { env: 'HOOK_SECRET' } },
      { kind: 'github', name: 'status', repository: 'a/b', token: { env: 'STATUS_TOKEN' }, baseUrl: receiver.origin },
    ];
    await writeFile(configuration, JSON.stringify({ notifications }));
    metrics = `127.0.0.1:${await freePort()}`;
    const reports = join(production.directory, 'reports');
    await mkdir(reports);
    service = await startPromotionService({
      directory: production.directory,
      environment: {
        DOCKER_CONFIG: production.directory,
        HOOK_SECRET,
        STATUS_TOKEN,
        NODE_OPTIONS: `--report-on-signal --report-directory=${reports}`,
        PROMOTER_CONFIG: configuration,
        PROMOTER_LOG_LEVEL: 'trace',
        PROMOTER_METRICS_ADDRESS: metrics,
        PROMOTER_TRUSTED_ROOT: stack.sigstore.trustedRootFile,
        PROMOTER_SIGNING_CONFIG: stack.sigstore.signingConfigFile,
        PROMOTER_IDENTITY_TOKEN_URL: `${receiver.origin}/identity`,
        PROMOTER_IDENTITIES: 'production=images.example.test',
        PROMOTER_CANONICAL_HOST: production.mirrors[0]?.host ?? '',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        OTEL_BSP_SCHEDULE_DELAY: '100',
      },
    });
    const result = await service.client.workflow.execute<typeof promotion>('promotion', {
      taskQueue: 'promotion',
      workflowId: RUN,
      args: [
        { manifests: await service.upload(production.directory), confirm: true, commit: 'c0ffee'.padEnd(40, '0') },
      ],
    });
    assert.equal(result.outcome, 'done');
    assert.equal(result.signatures?.attested, 2);
    await production.writeManifests([`${echo.host}/refused`]);
    const refused = service.client.workflow.execute<typeof promotion>('promotion', {
      taskQueue: 'promotion',
      workflowId: REFUSED_RUN,
      args: [{ manifests: await service.upload(production.directory), confirm: true, onPhaseFailure: 'fail' }],
    });
    await assert.rejects(refused);
    // What Node writes of a process that dies, it writes on a signal, too.
    process.kill(service.worker.pid, 'SIGUSR2');
    await waitFor(async () => {
      const [report] = await readdir(reports);
      return report !== undefined && (await readFile(join(reports, report), 'utf8')).trimEnd().endsWith('}');
    });
  });
  after(async () => {
    await service?.stop();
    await production?.stop();
    await receiver?.close();
    await echo?.close();
    await collector?.close();
    await stack?.stop();
  });

  /** Everything that the run left, by where it is. */
  async function leftBehind(): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    for await (const { workflowId, runId } of service.client.workflow.list()) {
      const handle = service.client.workflow.getHandle(workflowId, runId);
      found.set(`history of ${workflowId}`, textIn(await handle.fetchHistory()));
      found.set(`description of ${workflowId}`, textIn(await handle.describe()));
    }
    // Database, logs, plan store: all but what the secrets were given in.
    for (const path of await readdir(production.directory, { recursive: true })) {
      const file = join(production.directory, path);
      if (path === 'config.json' || !(await stat(file)).isFile()) continue;
      found.set(path, await readFile(file, 'latin1'));
    }
    found.set('metrics', await (await fetch(`http://${metrics}/metrics`)).text());
    found.set('traces', collector.text());
    const environment = { ...service.environment, PROMOTER_LOG_LEVEL: 'warn' };
    for (const format of [[], ['--json'], ['--markdown'], ['--html']]) {
      const { exit, stdout, stderr } = await runScript('src/client/main.ts', ['report', RUN, ...format], environment)
        .ended;
      assert.equal(exit, 0, stderr);
      found.set(`report ${format.join('')}`, stdout + stderr);
    }
    return found;
  }

  it('are used, and left nowhere', async () => {
    const called = (path: RegExp) => receiver.seen.filter((request) => path.test(request.path));
    await waitFor(() => called(/^\/hook/).length > 0 && called(/statuses/).length > 0);
    assert.ok(called(/statuses/).some(({ headers }) => headers.authorization?.includes(STATUS_TOKEN)));
    assert.ok(identityTokens.length > 0 && identityTokens.every((token) => token.startsWith('eyJ')));
    for (const proxy of [production.staging, ...production.mirrors]) assert.ok((proxy.counts().token ?? 0) > 0);
    const secrets = [ROBOT.password, BASIC, HOOK_SECRET, STATUS_TOKEN, ...identityTokens];
    const signatures = identityTokens.map((token) => token.split('.')[2] ?? '');

    const found = await leftBehind();
    // What is surely there is found where it is, so that what is not found is not there.
    const mirror = production.mirrors[0]?.host ?? '';
    for (const place of [
      `history of ${RUN}`,
      'temporal.db',
      'worker.log',
      'metrics',
      'report --html',
      'report --json',
    ]) {
      assert.ok(found.get(place)?.includes(mirror), `${place} of ${[...found.keys()].join(', ')}`);
    }
    assert.ok((found.get('traces')?.length ?? 0) > 1_000);
    assert.ok(found.get(`history of ${REFUSED_RUN}`)?.includes('DENIED: Basic [hidden]: [hidden]'));
    for (const folder of ['plans/content', 'reports/']) {
      assert.ok(
        [...found.keys()].some((place) => place.startsWith(folder)),
        folder,
      );
    }
    for (const [place, text] of found) {
      for (const secret of [...secrets, ...signatures]) assert.ok(!text.includes(secret), `${secret} in ${place}`);
      assert.doesNotMatch(text, /Bearer [\w-]{20}|PRIVATE KEY/, place);
    }
  });
});
