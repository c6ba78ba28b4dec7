import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import { configurationSchema, SETTINGS } from '../../src/configuration/schema.ts';
import { packageRoot } from '../../src/stack/program-list.ts';
import { findProgram } from '../../src/stack/programs.ts';
import { shownCommands, simpleCommands } from '../docs/shown-commands.ts';
import { MANIFESTS, plainManifests, renderChart } from '../../tools/kubernetes-manifests.ts';

const EVERYTHING = [
  ...['environment', 'dockerConfig', 'temporalProfile', 'encryptionKeys'].map((name) => `secrets.${name}=its-${name}`),
  'workerDeployment.name=promoter',
  'image.digest=sha256:0123',
];

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string }[];
  readonly volumeMounts: readonly { readonly name: string }[];
  readonly securityContext: { readonly readOnlyRootFilesystem: boolean };
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
}

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly securityContext: { readonly runAsNonRoot: boolean };
        readonly containers: readonly [Container];
        readonly serviceAccountName: string;
        readonly volumes: readonly { readonly name: string; readonly secret?: { readonly secretName: string } }[];
      };
    };
  };
}

describe('the Helm chart', () => {
  it('has nothing that helm objects to', async () => {
    const args = ['lint', '--strict', join(packageRoot(), 'deploy/helm/image-promoter')];
    const { stdout } = await promisify(execFile)(await findProgram('helm'), args);
    assert.match(stdout, /1 chart\(s\) linted, 0 chart\(s\) failed/);
  });

  it('is what deploy/kubernetes holds: npm run deploy:kubernetes', async () => {
    assert.equal(await readFile(MANIFESTS, 'utf8'), await plainManifests());
  });

  it('has the version of the package', async () => {
    const { version } = JSON.parse(await readFile(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
    const chart = parse(await readFile(join(packageRoot(), 'deploy/helm/image-promoter/Chart.yaml'), 'utf8')) as {
      appVersion: string;
    };
    assert.equal(chart.appVersion, version);
  });

  for (const [title, values] of [
    ['as it comes', []],
    ['with everything', EVERYTHING],
    [
      'without what can be left out',
      ['metrics.enabled=false', 'serviceAccount.create=false', 'networkPolicy.enabled=false'],
    ],
  ] as const) {
    it(`fits together ${title}`, async () => {
      const resources = parseAllDocuments(await renderChart('ours', values)).map((document) => {
        assert.deepEqual(document.errors, []);
        return document.toJS() as Resource;
      });
      const deployments = resources.filter(({ kind }) => kind === 'Deployment');
      assert.equal(deployments.length, 2);
      for (const deployment of deployments) examine(deployment);
      for (const { kind, spec } of resources) {
        if (kind !== 'PodDisruptionBudget' && kind !== 'NetworkPolicy') continue;
        const selector = (kind === 'NetworkPolicy' ? spec!.podSelector : spec!.selector).matchLabels;
        const chosen = deployments.filter((one) => includes(one.spec!.template.metadata.labels, selector));
        assert.equal(chosen.length, kind === 'NetworkPolicy' ? 2 : 1);
      }
      const file = resources.find(({ kind }) => kind === 'ConfigMap')?.data?.['promoter.yaml'];
      configurationSchema.parse(parse(file ?? ''));
    });
  }

  it('takes the values that the guide sets', async () => {
    const page = await readFile(join(packageRoot(), 'docs/deploying.md'), 'utf8');
    const command = shownCommands('', page).find(({ text }) =>
      text.startsWith('helm upgrade --install image-promoter '),
    );
    const [words = []] = simpleCommands(command?.text ?? '');
    const values = words.filter((_, at) => words[at - 1] === '--set');
    assert.equal(values.length, 3);
    const rendered = await renderChart('image-promoter', values);
    for (const value of values) assert.ok(rendered.includes(value.split('=')[1] ?? ''), value);
  });

  it('gives those that read and those that write credentials of their own', async () => {
    const values = ['reading', 'writing'].flatMap((name) => {
      const its = { queues: name, replicas: 1, dockerConfig: `registry-${name}`, serviceAccount: `promoter-${name}` };
      return Object.entries(its).map(([key, value]) => `workers.${name}.${key}=${value}`);
    });
    const text = await renderChart('ours', ['workers.promotion=null', ...values]);
    const resources = parseAllDocuments(text).map((document) => document.toJS() as Resource);
    const deployments = resources.filter(({ kind }) => kind === 'Deployment');
    const credentials = deployments.map(({ spec }) => {
      const { serviceAccountName, volumes, containers } = spec!.template.spec;
      const secret = volumes.find(({ name }) => name === 'docker-config')?.secret?.secretName;
      const queues = containers[0].env.find(({ name }) => name === 'PROMOTER_WORKER_QUEUES')?.value;
      return `${queues} ${secret} ${serviceAccountName}`;
    });
    assert.deepEqual(credentials.sort(), [
      'reading registry-reading promoter-reading',
      'replication undefined ours-image-promoter',
      'writing registry-writing promoter-writing',
    ]);
  });
});

const KNOWN = new Set(['PROMOTER_CONFIG', 'DOCKER_CONFIG', ...SETTINGS.map(({ note }) => note.variable)]);

function examine({ spec }: Resource): void {
  const { template, selector } = spec!;
  assert.ok(includes(template.metadata.labels, selector.matchLabels));
  // What activities get to end, and what is left of them to be cancelled: worker.ts.
  assert.ok(template.spec.terminationGracePeriodSeconds > 45);
  assert.equal(template.spec.securityContext.runAsNonRoot, true);
  const [container] = template.spec.containers;
  assert.equal(container.securityContext.readOnlyRootFilesystem, true);
  assert.deepEqual(
    container.env.filter(({ name }) => !KNOWN.has(name)),
    [],
  );
  const ports = container.ports.map(({ name }) => name);
  for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'] as const) {
    const { path, port } = container[probe].httpGet;
    assert.ok(ports.includes(port) && path === (probe === 'livenessProbe' ? '/livez' : '/readyz'), probe);
  }
  const names = (list: readonly { readonly name: string }[]): readonly string[] => list.map(({ name }) => name).sort();
  assert.deepEqual(names(container.volumeMounts), names(template.spec.volumes));
}

function includes(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
