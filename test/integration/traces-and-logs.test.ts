import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reply, startHttpHost, type HttpHost } from '../registry/http-host.ts';
import { pathTo, startCollector, type Collector } from '../support/collector.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { runScript } from '../support/script.ts';
import { waitFor } from '../support/waiting.ts';

const PASSWORD = 'canary-in-a-coal-mine';
const BASIC = Buffer.from(`robot:${PASSWORD}`).toString('base64');

describe('traces and logs of a promotion', function () {
  this.timeout('2m');
  let collector: Collector;
  /** A mirror of somebody else, which refuses us. */
  let stranger: HttpHost;
  let production: Production;
  let service: PromotionService;
  let environment: Readonly<Record<string, string>>;

  before(async () => {
    collector = await startCollector();
    stranger = await startHttpHost(({ headers, path }, response) => {
      const challenge = { 'www-authenticate': 'Basic realm="stranger"' };
      if (headers.authorization === undefined) return reply(response, 401, challenge);
      return reply(response, path === '/v2/' ? 200 : 403, {}, { errors: [{ code: 'DENIED', message: 'not you' }] });
    });
    production = await startProduction({ images: 2, mirrors: 1 });
    await production.writeManifests([...production.mirrors.map(({ host }) => host), stranger.host]);
    await writeFile(
      join(production.directory, 'config.json'),
      JSON.stringify({ auths: { [stranger.host]: { auth: BASIC } } }),
    );
    service = await startPromotionService({
      directory: production.directory,
      environment: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
        OTEL_BSP_SCHEDULE_DELAY: '100',
        PROMOTER_LOG_FORMAT: 'json',
        PROMOTER_LOG_LEVEL: 'trace',
        DOCKER_CONFIG: production.directory,
      },
    });
    environment = { ...service.environment, PROMOTER_LOG_LEVEL: 'warn' };
  });
  after(async () => {
    await service?.stop();
    await production?.stop();
    await stranger?.close();
    await collector?.close();
  });

  const promote = () =>
    runScript(
      'src/client/main.ts',
      ['cip', '--thin-manifest-dir', production.directory, '--confirm', '--sign=false'],
      environment,
    ).ended;

  it('follow it from the command through workflow and activity to each request, and tell registries nothing', async () => {
    const { exit, stderr } = await promote();
    assert.equal(exit, 3, stderr);
    const wanted = [
      'StartWorkflow:promotion',
      'RunWorkflow:promotion',
      'StartActivity:promoteShard',
      'RunActivity:promoteShard',
      'registry manifest.put',
    ];
    await waitFor(() => {
      const spans = collector.spans();
      return spans.some((span) => pathTo(span, spans).join(' ') === wanted.join(' '));
    });
    assert.ok(stranger.seen.some(({ headers }) => headers.authorization === `Basic ${BASIC}`));
    const told = stranger.seen.flatMap(({ headers }) => Object.keys(headers));
    assert.deepEqual(
      told.filter((name) => /trace|baggage|^b3/.test(name)),
      [],
    );
  });

  it('name run, activity and phase, and never a credential that was used', async () => {
    const log = await readFile(join(production.directory, 'worker.log'), 'utf8');
    const lines = log.split('\n').filter((line) => line.startsWith('{'));
    const entries = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
    const promoting = entries.find(({ phase }) => phase === 'promote');
    for (const name of ['time', 'level', 'message', 'workflowId', 'runId', 'activityId', 'activityType']) {
      assert.equal(typeof promoting?.[name], 'string', name);
    }
    for (const text of [log, collector.text()]) {
      assert.ok(text.length > 1_000);
      assert.ok(!text.includes(PASSWORD) && !text.includes(BASIC));
    }
  });

  it('cost nothing when the collector is gone', async () => {
    await collector.close();
    const begun = Date.now();
    const { exit, stderr } = await promote();
    assert.equal(exit, 3, stderr);
    assert.ok(Date.now() - begun < 60_000);
    for (const mirror of production.mirrors) assert.deepEqual(await production.missing(mirror), []);
  });
});
