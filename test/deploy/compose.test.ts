import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { SETTINGS } from '../../src/configuration/schema.ts';
import { packageRoot, readProgramList } from '../../src/stack/program-list.ts';

interface Service {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly env_file?: readonly { readonly path: string; readonly required: boolean }[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly read_only?: boolean;
  readonly stop_grace_period?: string;
}

describe('deploy/compose.yaml', () => {
  let services: Readonly<Record<string, Service>>;
  let volumes: readonly string[];
  before(async () => {
    const text = await readFile(join(packageRoot(), 'deploy/compose.yaml'), 'utf8');
    const file = parse(text, { merge: true }) as { services: Record<string, Service>; volumes: Record<string, null> };
    services = file.services;
    volumes = Object.keys(file.volumes);
  });

  it('names only services and volumes that it has, and images by version', () => {
    for (const [name, { image, depends_on = {}, volumes: mounts = [] }] of Object.entries(services)) {
      assert.match(image, /:\d+\.\d+/, name);
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const waitsForHealth = condition === 'service_healthy';
        assert.equal(services[other]?.healthcheck !== undefined, waitsForHealth, `${name} waits for ${other}`);
      }
      const named = mounts.map((mount) => mount.split(':')[0] ?? '').filter((source) => /^\w+$/.test(source));
      for (const volume of named) assert.ok(volumes.includes(volume), volume);
    }
  });

  it('is reached from this machine alone', () => {
    const ports = Object.values(services).flatMap(({ ports = [] }) => ports);
    assert.ok(ports.length > 0 && ports.every((port) => port.startsWith('127.0.0.1:')), ports.join());
  });

  it('gives workers settings that exist, and time to end', () => {
    const known = new Set(SETTINGS.map(({ note }) => note.variable));
    const workers = ['worker', 'replication-worker'].map((name) => services[name]!);
    assert.deepEqual(
      workers.map(({ environment }) => environment?.['PROMOTER_WORKER_QUEUES']),
      ['promotion', 'replication'],
    );
    for (const { environment = {}, read_only, stop_grace_period } of workers) {
      assert.deepEqual(
        Object.keys(environment).filter((name) => name !== 'DOCKER_CONFIG' && !known.has(name)),
        [],
      );
      assert.equal(read_only, true);
      assert.equal(stop_grace_period, '60s');
    }
  });

  it('takes secrets from a file that need not be there, and is not for git', async () => {
    for (const name of ['worker', 'replication-worker']) {
      assert.deepEqual(services[name]?.env_file, [{ path: 'promoter.env', required: false }]);
    }
    const ignored = (await readFile(join(packageRoot(), '.gitignore'), 'utf8')).split('\n');
    assert.ok(ignored.includes('deploy/promoter.env'));
  });

  it('has the Temporal server that everything is tested with', async () => {
    const { programs } = await readProgramList();
    const server = programs.find(({ name }) => name === 'temporal-server');
    assert.equal(services['temporal']?.image, `temporalio/auto-setup:${server?.version.slice(1)}`);
  });
});
