import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProgram, runProgram } from '../../src/client/program.ts';
import { bundleBytes } from '../../src/manifest/bundle.ts';
import { openFolderStore } from '../../src/plan/folder-store.ts';
import type { PlanStore } from '../../src/plan/store.ts';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import { makeImage, pushSample } from '../../src/stack/sample-images.ts';
import type { promotion } from '../../src/workflows/index.ts';
import { captureOutput } from '../client/captured-output.ts';
import { SIGNED } from '../signing/fixtures/signed.ts';
import { startPromotionService, type PromotionService } from './promotion-service.ts';
import { startReplicationLab, type ReplicationLab } from './replication-lab.ts';

/** A replication lab beside a Temporal server and a worker in processes of their own. */
export interface ReplicationService {
  readonly lab: ReplicationLab;
  readonly service: PromotionService;
  readonly store: PlanStore;
  /** The first digest of each image. */
  readonly signed: readonly (readonly [string, Digest])[];
  /** The plain manifest of the lab's images. */
  readonly manifestFile: string;
  readonly workerLog: string;
  /** Runs `promoter` against it. */
  command(...args: readonly string[]): Promise<ReturnType<typeof captureOutput>['captured']>;
  /** Which mirrors' signatures are not as the canonical registry's. */
  unequal(): Promise<readonly string[]>;
  /** Puts a plain manifest into the plan store. */
  upload(manifest: string): Promise<string>;
  /** Promotes a new image to all of the lab's registries; every request for it has to be answered as it should. */
  promote(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts everything. @param options the lab's size, and what its registries take for each answer */
export async function startReplicationService(options: {
  readonly images: number;
  readonly digests: number;
  readonly mirrors: number;
  readonly latencyMs: number;
}): Promise<ReplicationService> {
  const { latencyMs, ...size } = options;
  const directory = await mkdtemp(join(tmpdir(), 'replication-service-'));
  const lab = await startReplicationLab({ ...size, proxy: { googleTags: true, latencyMs } });
  const manifestFile = join(directory, 'manifest.yaml');
  await writeFile(manifestFile, lab.manifestText);
  await writeFile(join(directory, 'trusted-root.json'), JSON.stringify(SIGNED.trustedRoot));
  const service = await startPromotionService({
    directory,
    environment: {
      PROMOTER_IDENTITIES: 'prod=images.example.test',
      PROMOTER_CANONICAL_HOST: lab.canonical.host,
      PROMOTER_REPLICATION_SHARE: '1',
      PROMOTER_TRUSTED_ROOT: join(directory, 'trusted-root.json'),
    },
  });
  const planStore = service.environment['PROMOTER_PLAN_STORE'] ?? '';
  const store = await openFolderStore(planStore);
  const signed = [...lab.images].flatMap(([name, [digest]]) => (digest === undefined ? [] : [[name, digest] as const]));
  const proxies = [lab.canonical, ...lab.mirrors];
  const upload = (text: string): Promise<string> =>
    store.put(bundleBytes({ kind: 'plain', files: [{ path: 'manifest.yaml', text }] }));

  return {
    lab,
    service,
    store,
    signed,
    manifestFile,
    workerLog: join(directory, 'worker.log'),
    async command(...args) {
      const { captured, output } = captureOutput();
      const server = ['--address', service.server.address, '--plan-store', planStore];
      await runProgram(createProgram(output), [...args, ...server], output);
      return captured;
    },
    async unequal() {
      const wrong: string[] = [];
      for (const [name, digest] of signed) {
        const wanted = await lab.signatureOf(lab.canonical, name, digest);
        for (const mirror of lab.mirrors) {
          if ((await lab.signatureOf(mirror, name, digest)) !== wanted) wrong.push(`${mirror.host} ${name}`);
        }
      }
      return wrong;
    },
    upload,
    async promote(name) {
      const image = makeImage({ seed: name, layerSizes: [2_000] });
      await pushSample(lab.registry, `${lab.canonical.host}/staging/${name}` as RepositoryName, image, ['v1' as Tag]);
      const destinations = proxies.map(({ host }) => `- name: ${host}/prod\n`).join('');
      const text = `registries:\n- name: ${lab.canonical.host}/staging\n  src: true\n${destinations}images:\n- name: ${name}\n  dmap:\n    "${image.root.digest}": ["v1"]\n`;
      const report = await service.client.workflow.execute<typeof promotion>('promotion', {
        taskQueue: 'promotion',
        workflowId: name,
        args: [{ manifests: await upload(text), confirm: true, sign: false, onPhaseFailure: 'fail' }],
      });
      assert.deepEqual([report.outcome, report.copied.edges], ['done', proxies.length]);
      const own = proxies.flatMap((proxy) => proxy.log()).filter(({ path }) => path.includes(`/${name}/`));
      const refused = own.filter(({ status }) => status >= 400 && status !== 404);
      assert.ok(own.length > 0);
      assert.deepEqual(refused, []);
    },
    async stop() {
      await service.stop();
      await lab.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
