import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { packageRoot } from '../../src/stack/program-list.ts';
import { findProgram } from '../../src/stack/programs.ts';
import { freePort } from '../../src/stack/ports.ts';
import { WORKER_METRICS } from '../../src/telemetry/metric.ts';
import { report } from '../../src/workflows/messages.ts';
import { RUN_METRICS } from '../../src/workflows/run-metrics.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { startPrometheus, type PrometheusServer } from '../support/prometheus-server.ts';
import { waitFor } from '../support/waiting.ts';

const RULES = join(packageRoot(), 'deploy/prometheus/alerts.yaml');

interface Rule {
  readonly alert: string;
  readonly expr: string;
}

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

describe('alerts and dashboard', function () {
  // The first to need it builds Prometheus.
  this.timeout('20m');
  let rules: readonly Rule[];
  let queries: readonly string[];

  before(async () => {
    const { groups } = parse(await readFile(RULES, 'utf8')) as { groups: readonly { rules: readonly Rule[] }[] };
    rules = groups.flatMap((group) => group.rules);
    const text = await readFile(join(packageRoot(), 'deploy/grafana/promoter.json'), 'utf8');
    const { panels } = JSON.parse(text) as Dashboard;
    queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => inGrafana(expr)));
  });

  it('ask for metrics that exist, with labels that these have', () => {
    const known = new Map<string, readonly string[]>();
    for (const { name, kind, labels } of [...Object.values(WORKER_METRICS), ...Object.values(RUN_METRICS)]) {
      const parts = kind === 'histogram' ? ['_sum', '_count', '_bucket'] : [''];
      for (const part of parts) known.set(`${name}${part}`, labels);
    }
    const asked = [...queries, ...rules.map(({ expr }) => expr)].flatMap((query) => [
      ...query.matchAll(/(promoter_\w+)(?:\{(.*?)\})?/g),
    ]);
    assert.ok(asked.length > 30);
    for (const [text, name = '', selector = ''] of asked) {
      const labels = known.get(name);
      assert.ok(labels !== undefined, text);
      for (const [, label = ''] of selector.matchAll(/(\w+)(?:=~|=|!=)/g)) assert.ok(labels.includes(label), text);
    }
  });

  it('fire where they have to, as promtool judges', async () => {
    const promtool = await findProgram('promtool');
    const { stderr } = await promisify(execFile)(promtool, ['test', 'rules', RULES.replace('.yaml', '.test.yaml')]);
    assert.doesNotMatch(stderr, /FAILED/);
  });

  it('are explained, each of them', async () => {
    const guide = await readFile(join(packageRoot(), 'docs/observing.md'), 'utf8');
    assert.deepEqual(
      rules.map(({ alert }) => alert).filter((alert) => !guide.includes(`| \`${alert}\``)),
      [],
    );
  });

  describe('in a Prometheus that scrapes a worker', () => {
    let production: Production;
    let service: PromotionService;
    let prometheus: PrometheusServer;

    before(async () => {
      production = await startProduction({ images: 2, mirrors: 1 });
      const metrics = `127.0.0.1:${await freePort()}`;
      [service, prometheus] = await Promise.all([
        startPromotionService({
          directory: production.directory,
          environment: { PROMOTER_METRICS_ADDRESS: metrics },
        }),
        startPrometheus([metrics], [RULES]),
      ]);
    });
    after(async () => {
      await prometheus?.stop();
      await service?.stop();
      await production?.stop();
    });

    it('are loaded and evaluated without an error', async () => {
      interface Loaded {
        readonly groups: readonly { readonly rules: readonly { readonly name: string; readonly health: string }[] }[];
      }
      const read = async () => (await prometheus.get<Loaded>('rules')).groups.flatMap((group) => group.rules);
      await waitFor(async () => (await read()).every(({ health }) => health !== 'unknown'));
      assert.deepEqual(
        (await read()).map(({ name, health }) => `${name} ${health}`),
        rules.map(({ alert }) => `${alert} ok`),
      );
    });

    it('know of a promotion what the worker tells', async () => {
      const manifests = await service.upload(production.directory);
      await service.client.workflow.execute('promotion', {
        taskQueue: 'promotion',
        workflowId: 'scraped',
        args: [{ manifests, confirm: true, sign: false }],
      });
      await waitFor(async () => (await valueOf('sum(promoter_copied_edges_total)')) === 2);
      for (const query of queries) await prometheus.get('query', { query });
      assert.equal(await valueOf('count(promoter_build_info)'), 1);
    });

    it('notice a held run', async () => {
      const handle = await service.client.workflow.start('promotion', {
        taskQueue: 'promotion',
        workflowId: 'held',
        args: [{ manifests: `sha256:${'0'.repeat(64)}`, policies: { setup: { attempts: 1 } } }],
      });
      await waitFor(async () => (await handle.query(report)).outcome === 'held');
      // A worker asks the server when it starts, and then only every 30 seconds.
      await service.worker.stop();
      service.worker = await service.startWorker();
      await waitFor(async () => (await valueOf('max(promoter_runs{state="held"})')) === 1);
      interface Alerts {
        readonly alerts: readonly { readonly labels: { readonly alertname: string } }[];
      }
      await waitFor(async () => {
        const { alerts } = await prometheus.get<Alerts>('alerts');
        return alerts.some(({ labels }) => labels.alertname === 'PromoterRunHeld');
      });
    });

    async function valueOf(query: string): Promise<number | undefined> {
      const { result } = await prometheus.get<{ result: readonly { value: [number, string] }[] }>('query', { query });
      return result[0] === undefined ? undefined : Number(result[0].value[1]);
    }
  });
});

/** A query as Grafana sends it. */
function inGrafana(query: string): string {
  return query.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '6h').replaceAll('$host', '.*');
}
