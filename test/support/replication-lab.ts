import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import pMap from 'p-map';
import { rethrowCancellation } from '../../src/activities/cancellation.ts';
import { createReplicationActivities } from '../../src/activities/index.ts';
import { PromoterError } from '../../src/errors.ts';
import { bundleBytes } from '../../src/manifest/bundle.ts';
import { openFolderStore } from '../../src/plan/folder-store.ts';
import type { PlanStore } from '../../src/plan/store.ts';
import { hostOf, pathOf, type Digest, type RepositoryName, type Tag } from '../../src/reference.ts';
import { createRegistry } from '../../src/registry/client.ts';
import type { RegistryClient } from '../../src/registry/client-options.ts';
import { createCopier } from '../../src/registry/copy.ts';
import type { ManifestContent } from '../../src/registry/registry.ts';
import { createAttachmentLocks } from '../../src/signing/attachment-locks.ts';
import {
  attachmentTag,
  blobOf,
  layeredManifest,
  parseAttachmentManifest,
  type AttachmentManifest,
} from '../../src/signing/attachment-manifest.ts';
import { SIGNATURE_ANNOTATION, SIMPLE_SIGNING } from '../../src/signing/media-types.ts';
import type { TrustRoot } from '../../src/signing/trust-root.ts';
import { makeImage, pushSample } from '../../src/stack/sample-images.ts';
import type { signatureReplication } from '../../src/workflows/index.ts';
import type { ReplicationReport, ReplicationRequest } from '../../src/workflows/replication-messages.ts';
import { fetchLocally } from './git-tree.ts';
import { startDistribution } from './registries.ts';
import { startRegistryProxy, type RegistryProxy, type RegistryProxyOptions } from './registry-proxy.ts';
import { replayRuns, temporalFixture } from './temporal.ts';

/** A canonical registry, its mirrors, images that all of them hold, and a worker that replicates what is attached. */
export interface ReplicationLab {
  readonly canonical: RegistryProxy;
  readonly mirrors: readonly RegistryProxy[];
  readonly registry: RegistryClient;
  readonly store: PlanStore;
  /** Image names, each with its digests. */
  readonly images: ReadonlyMap<string, readonly Digest[]>;
  /** What is in a repository of the lab. */
  repository(proxy: RegistryProxy, image: string): RepositoryName;
  /** Attaches something with a signature's shape; `text` tells one from another. */
  sign(proxy: RegistryProxy, image: string, digest: Digest, text?: string): Promise<ManifestContent>;
  /** What a signature's tag points to. */
  signatureOf(proxy: RegistryProxy, image: string, digest: Digest): Promise<Digest | undefined>;
  /** What a signature's manifest holds. */
  signatureManifest(proxy: RegistryProxy, image: string, digest: Digest): Promise<AttachmentManifest>;
  /** Takes a blob away from a repository, or cuts off or removes the file that its registry keeps; manifests stay. */
  damage(proxy: RegistryProxy, image: string, blob: Digest, how: 'delete' | 'truncate' | 'remove'): Promise<void>;
  /** Runs a replication to its end and replays its history; counters of all registries start anew. */
  replicate(request?: Partial<ReplicationRequest>): Promise<ReplicationReport>;
  /** Lets so many milliseconds pass, as audits see it. */
  advance(ms: number): void;
  /** Requests since the last replication began, of every registry or of one. */
  requests(proxy?: RegistryProxy): number;
  /** The manifest that asks for all images everywhere, and its digest in the plan store. */
  readonly manifestText: string;
  readonly manifests: string;
  clear(): void;
  stop(): Promise<void>;
}

export interface LabOptions {
  readonly images: number;
  /** Of each image. */
  readonly digests: number;
  readonly mirrors: number;
  readonly proxy?: Omit<RegistryProxyOptions, 'backend'>;
  readonly trust?: () => Promise<TrustRoot>;
  /** Added to the manifest. */
  readonly manifestLines?: string;
}

const DAY = 24 * 60 * 60_000;
const NO_TRUST = (): Promise<TrustRoot> =>
  Promise.reject(new PromoterError('TrustRootInvalid', 'there is no trusted root in this test'));

/** Starts it; nothing is signed yet. */
export async function startReplicationLab(options: LabOptions): Promise<ReplicationLab> {
  const { proxy = { googleTags: true } } = options;
  const directory = await mkdtemp(join(tmpdir(), 'replication-'));
  const registries = await Promise.all(Array.from({ length: options.mirrors + 1 }, startDistribution));
  const proxies = await Promise.all(registries.map(({ url }) => startRegistryProxy({ ...proxy, backend: url })));
  const [canonical, ...mirrors] = proxies;
  if (canonical === undefined) throw new Error('there is always a canonical registry');
  const registry = createRegistry();
  const store = await openFolderStore(join(directory, 'store'));
  const repository = ({ host }: RegistryProxy, image: string): RepositoryName =>
    `${host}/prod/${image}` as RepositoryName;

  const images = new Map<string, readonly Digest[]>();
  for (let at = 0; at < options.images; at++) {
    const name = `app-${String(at).padStart(2, '0')}`;
    const samples = Array.from({ length: options.digests }, (_, n) =>
      makeImage({ seed: `${name} ${n}`, layerSizes: [100], base: { seed: 'base', layerSizes: [100] } }),
    );
    images.set(
      name,
      samples.map(({ root }) => root.digest),
    );
    await pMap(
      samples.flatMap((sample, n) => proxies.map((one) => [sample, one, `v${n}` as Tag] as const)),
      ([sample, one, tag]) => pushSample(registry, repository(one, name), sample, [tag]),
      { concurrency: 16 },
    );
  }
  const manifestText = renderManifest(canonical, mirrors, images, options.manifestLines ?? '');
  const manifests = await store.put(
    bundleBytes({ kind: 'plain', files: [{ path: 'manifest.yaml', text: manifestText }] }),
  );
  // The clock begins at noon: reading back belongs to the first half hour of a day.
  let ahead = DAY / 2 - (Date.now() % DAY);
  const activities = createReplicationActivities({
    now: () => Date.now() + ahead,
    registry,
    copier: createCopier(registry, { spool: { directory: join(directory, 'spool') } }),
    pushReferrer: (...push) => registry.pushReferrer(...push),
    locks: createAttachmentLocks(),
    trust: options.trust ?? NO_TRUST,
    naming: {
      identityOf: pathOf,
      canonicalOf: (repositories) =>
        repositories.find((one) => hostOf(one) === canonical.host) ?? repositories[0] ?? ('' as RepositoryName),
    },
    store,
    settled: () => undefined,
    fetchManifests: fetchLocally,
  });

  const lab: ReplicationLab = {
    canonical,
    mirrors,
    registry,
    store,
    images,
    repository,
    manifestText,
    manifests,
    async sign(proxy, image, digest, text = 'first') {
      const where = repository(proxy, image);
      const payload = Buffer.from(JSON.stringify({ critical: { image: digest }, optional: text }));
      const layer = blobOf(SIMPLE_SIGNING, payload, { [SIGNATURE_ANNOTATION]: Buffer.from(text).toString('base64') });
      const { manifest, config } = layeredManifest([layer.descriptor]);
      for (const blob of [layer, config]) {
        await registry.putBlobAtOnce(where, blob.descriptor, () => blob.bytes);
      }
      await registry.putManifest(where, attachmentTag(digest, 'sig'), manifest);
      return manifest;
    },
    async signatureOf(proxy, image, digest) {
      return (await registry.headManifest(repository(proxy, image), attachmentTag(digest, 'sig')))?.digest;
    },
    async signatureManifest(proxy, image, digest) {
      const content = await registry.getManifest(repository(proxy, image), attachmentTag(digest, 'sig'));
      if (content === undefined) throw new Error(`${image}@${digest} has no signature`);
      return parseAttachmentManifest(content.bytes);
    },
    async damage(proxy, image, blob, how) {
      const at = proxies.indexOf(proxy);
      if (how === 'delete') {
        const path = `/v2/${pathOf(repository(proxy, image))}/blobs/${blob}`;
        const { status } = await fetch(new URL(path, registries[at]?.url), { method: 'DELETE' });
        if (status !== 202) throw new Error(`DELETE ${path} was answered ${status}`);
        return;
      }
      const hex = blob.slice('sha256:'.length);
      const kept = join('content/docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
      const file = join(registries[at]?.directory ?? '', kept);
      await (how === 'remove' ? rm(file) : truncate(file, 10));
    },
    async replicate(request = {}) {
      const { environment, workflowBundle } = await temporalFixture();
      const taskQueue = randomUUID();
      const worker = await Worker.create({
        connection: environment.nativeConnection,
        taskQueue,
        workflowBundle,
        activities,
        interceptors: { activity: [rethrowCancellation] },
      });
      lab.clear();
      const workflowId = randomUUID();
      const report = await worker.runUntil(
        environment.client.workflow.execute<typeof signatureReplication>('signatureReplication', {
          taskQueue,
          workflowId,
          args: [{ manifests, confirm: true, ...request }],
        }),
      );
      await replayRuns(workflowId);
      return report;
    },
    advance: (ms) => void (ahead += ms),
    requests: (proxy) =>
      (proxy === undefined ? proxies : [proxy]).reduce(
        (sum, one) => sum + one.log().filter((request) => request.class !== 'ping').length,
        0,
      ),
    clear: () => proxies.forEach((one) => one.clear()),
    async stop() {
      await registry.close();
      await Promise.all(proxies.map((one) => one.close()));
      await Promise.all(registries.map((one) => one.stop()));
      await rm(directory, { recursive: true, force: true });
    },
  };
  return lab;
}

function renderManifest(
  canonical: RegistryProxy,
  mirrors: readonly RegistryProxy[],
  images: ReadonlyMap<string, readonly Digest[]>,
  more: string,
): string {
  const registries = [canonical, ...mirrors].map(({ host }) => `- name: ${host}/prod\n`);
  const entries = [...images].map(
    ([name, digests]) =>
      `- name: ${name}\n  dmap:\n${digests.map((digest, at) => `    "${digest}": ["v${at}"]\n`).join('')}`,
  );
  return `${more}registries:\n- name: 127.0.0.1:1/staging\n  src: true\n${registries.join('')}images:\n${entries.join('')}`;
}
