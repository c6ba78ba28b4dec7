import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { freePort } from '../../src/stack/ports.ts';
import type { promotion } from '../../src/workflows/index.ts';
import { RUN_METRICS } from '../../src/workflows/run-metrics.ts';
import { scrape, sumOf, type Sample } from '../support/prometheus.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { waitFor } from '../support/waiting.ts';

const IMAGES = 4;

describe('the metrics of a worker', function () {
  this.timeout('2m');
  let production: Production;
  let service: PromotionService;
  let port: number;

  before(async () => {
    production = await startProduction({ images: IMAGES, mirrors: 2 });
    port = await freePort();
    service = await startPromotionService({
      directory: production.directory,
      environment: { PROMOTER_METRICS_ADDRESS: `127.0.0.1:${port}`, PROMOTER_REQUESTS_PER_SECOND: '500' },
    });
  });
  after(async () => {
    await service?.stop();
    await production?.stop();
  });

  async function promote(workflowId: string): Promise<void> {
    const manifests = await service.upload(production.directory);
    const handle = await service.client.workflow.start<typeof promotion>('promotion', {
      taskQueue: 'promotion',
      workflowId,
      args: [{ manifests, confirm: true, sign: false }],
    });
    assert.equal((await handle.result()).outcome, 'done');
  }

  const page = (): Promise<readonly Sample[]> => scrape(`127.0.0.1:${port}`);

  it('are the SDK’s and those of requests, budgets, phases and edges, as registries saw them', async () => {
    await promote('counted');
    await waitFor(async () => sumOf(await page(), RUN_METRICS.ended.name, { outcome: 'done' }) === 1);
    const samples = await page();
    assert.equal(sumOf(samples, RUN_METRICS.edges.name, { verdict: 'promote' }), 2 * IMAGES);
    assert.equal(sumOf(samples, RUN_METRICS.copiedEdges.name), 2 * IMAGES);
    assert.equal(sumOf(samples, `${RUN_METRICS.phaseSeconds.name}_count`, { phase: 'promote', state: 'done' }), 1);
    for (const mirror of production.mirrors) {
      const { host } = mirror;
      const puts = mirror.log().filter((entry) => entry.class === 'manifest.put').length;
      assert.ok(puts >= IMAGES);
      const labels = { host, queue: 'promotion', class: 'manifest.put', status: '201' };
      assert.equal(sumOf(samples, 'promoter_registry_requests_total', labels), puts);
      assert.ok(sumOf(samples, 'promoter_registry_sent_bytes_total', { host }) > IMAGES * 2_000);
    }
    const received = sumOf(samples, 'promoter_registry_received_bytes_total', { host: production.staging.host });
    assert.ok(received > IMAGES * 2_000, `${received} bytes were read`);
    assert.equal(sumOf(samples, 'promoter_build_info'), 1);
    assert.ok(sumOf(samples, 'temporal_workflow_completed') >= 1);
  });

  it('show budgets and open runs while they are asked for again and again', async () => {
    const [mirror] = production.mirrors;
    await waitFor(
      async () => sumOf(await page(), 'promoter_registry_budget_ceiling', { host: mirror?.host ?? '' }) > 0,
    );
    assert.ok(sumOf(await page(), 'promoter_registry_budget_granted') > 0);
    assert.ok((await page()).some(({ name, labels }) => name === 'promoter_runs' && labels['state'] === 'held'));
  });

  it('may have their port taken: the log says so, and promotions go on', async () => {
    await service.worker.stop();
    const taken = await occupy(port);
    service.worker = await service.startWorker();
    await promote('without-metrics');
    await new Promise((resolve) => taken.close(resolve));
    const log = await readFile(join(production.directory, 'worker.log'), 'utf8');
    assert.match(log, /WARN .*no metrics: PROMOTER_METRICS_ADDRESS=127\.0\.0\.1:\d+ cannot be used: .*in use/i);
  });
});

function occupy(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
