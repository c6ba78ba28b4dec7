import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pMap from 'p-map';
import { openFolderStore } from '../../../src/plan/folder-store.ts';
import type { PlanStore } from '../../../src/plan/store.ts';
import type { RepositoryName, Tag } from '../../../src/reference.ts';
import { createRegistry } from '../../../src/registry/client.ts';
import type { RegistryClient } from '../../../src/registry/client-options.ts';
import { readTrustRoot, type TrustRoot } from '../../../src/signing/trust-root.ts';
import { makeImage, makeIndex, pushSample, type SampleImage } from '../../../src/stack/sample-images.ts';
import { startSigstore, type SigstoreStack } from '../../../src/stack/sigstore/sigstore.ts';
import { startTemporal, type TemporalServer } from '../../../src/stack/temporal.ts';
import { startDistribution, startGgcr, type MortalRegistry, type TestRegistry } from '../../support/registries.ts';
import { SEARCH_ATTRIBUTES } from '../../support/promotion-service.ts';
import { startRegistryProxy, type RegistryProxy } from '../../support/registry-proxy.ts';
import { startLogFront, type LogFront } from './log-front.ts';
import { startWorkerPool, type WorkerPool } from './worker-pool.ts';

/** What all trials of a file share: services, registries, the images to promote, and workers to kill. */
export interface Arena {
  readonly log: LogFront;
  /** Between the log's front and the workers, and between Fulcio and them: they fail when told to. */
  readonly services: { readonly rekor: RegistryProxy; readonly fulcio: RegistryProxy };
  readonly trust: TrustRoot;
  readonly staging: MortalRegistry;
  /**
   * Where images are promoted to: the one that is signed on first; one that takes an index without its children; one that
   * takes an image without its blobs, and keeps everything in memory.
   */
  readonly mirrors: readonly [MortalRegistry, MortalRegistry, TestRegistry];
  /** By name; the tag of each is {@link TAG}. */
  readonly images: ReadonlyMap<string, SampleImage>;
  readonly registry: RegistryClient;
  readonly store: PlanStore;
  readonly client: Client;
  readonly pool: WorkerPool;
  readonly directory: string;
  /** Of its workers. */
  readonly environment: Readonly<Record<string, string>>;
  /** Kills Temporal's server and starts it again with its database. */
  readonly crashTemporal: () => Promise<void>;
  stop(): Promise<void>;
}

export const TAG = 'v1' as Tag;
export const PUBLIC_NAME = 'images.example.test';
const PLATFORMS = ['linux/amd64', 'linux/arm64'];
/** Bytes; more than what is kept in memory. */
const LARGE = 1_200_000;
const BASE = { seed: 'base', layerSizes: [1_000] };

/** Six images that share a layer: four for one platform, one of them larger than what is kept in memory, and two indexes. */
function sampleImages(): ReadonlyMap<string, SampleImage> {
  return new Map(
    [0, 1, 2, 3, 4, 5].map((at) => {
      const options = { seed: `chaos ${at}`, layerSizes: [at === 3 ? LARGE : 2_000], base: BASE };
      return [`app-${at}`, at < 4 ? makeImage(options) : makeIndex({ ...options, platforms: PLATFORMS })];
    }),
  );
}

/** Three images like those, and like no others: one is an index, one is large. */
export function ownImages(seed: string): ReadonlyMap<string, SampleImage> {
  const options = { layerSizes: [2_000], base: { seed, layerSizes: [1_000] } };
  return new Map([
    ['app-0', makeImage({ ...options, seed: `${seed} 0`, layerSizes: [LARGE] })],
    ['app-1', makeImage({ ...options, seed: `${seed} 1` })],
    ['app-2', makeIndex({ ...options, seed: `${seed} 2`, platforms: PLATFORMS })],
  ]);
}

/** Puts images into repositories of staging. */
export async function stage(
  { registry, staging }: Pick<Arena, 'registry' | 'staging'>,
  project: string,
  images: ReadonlyMap<string, SampleImage>,
): Promise<void> {
  await pMap(images, ([name, image]) =>
    pushSample(registry, `${staging.host}/${project}/${name}` as RepositoryName, image, [TAG]),
  );
}

/** Starts it; the images are in staging. @param others whose Sigstore it uses; one of its own by default */
export async function startArena(others?: SigstoreStack): Promise<Arena> {
  const directory = await mkdtemp(join(tmpdir(), 'chaos-'));
  const planStore = join(directory, 'plans');
  const [sigstore, staging, ...mirrors] = await Promise.all([
    others ?? startSigstore({ profile: 'full', directory: join(directory, 'sigstore') }),
    startDistribution(),
    startDistribution(),
    startDistribution({ careless: true }),
    startGgcr(),
  ]);
  const log = await startLogFront(sigstore.rekorV1Url ?? '');
  const signingConfig = join(directory, 'signing_config.json');
  const config = await readFile(sigstore.signingConfigFile, 'utf8');
  const services = {
    rekor: await startRegistryProxy({ backend: new URL(log.url) }),
    fulcio: await startRegistryProxy({ backend: new URL(sigstore.fulcioUrl) }),
  };
  const fronted = config
    .replaceAll(sigstore.rekorV1Url ?? '', services.rekor.url)
    .replaceAll(sigstore.fulcioUrl, services.fulcio.url);
  await writeFile(signingConfig, fronted);
  const startServer = (port?: number): Promise<TemporalServer> =>
    startTemporal({
      databaseFile: join(directory, 'temporal.db'),
      logFile: join(directory, 'temporal.log'),
      uiPort: 'headless',
      searchAttributes: SEARCH_ATTRIBUTES,
      ...(port === undefined ? {} : { port }),
    });
  let server = await startServer();
  const connection = await Connection.connect({ address: server.address });
  const environment = {
    TEMPORAL_ADDRESS: server.address,
    PROMOTER_PLAN_STORE: planStore,
    PROMOTER_TRUSTED_ROOT: sigstore.trustedRootFile,
    PROMOTER_SIGNING_CONFIG: signingConfig,
    PROMOTER_IDENTITY_TOKEN_URL: sigstore.tokenUrl,
    PROMOTER_IDENTITIES: `prod=${PUBLIC_NAME}`,
    PROMOTER_REPLICATION_SHARE: '1',
  };
  const pool = await startWorkerPool(directory, environment);
  const registry = createRegistry();
  const images = sampleImages();
  await stage({ registry, staging }, 'staging', images);
  return {
    directory,
    environment,
    services,
    log,
    trust: await readTrustRoot(sigstore.trustedRootFile),
    staging,
    mirrors,
    images,
    registry,
    store: await openFolderStore(planStore),
    client: new Client({ connection }),
    pool,
    async crashTemporal() {
      await server.kill();
      server = await startServer(Number(server.address.split(':')[1]));
    },
    async stop() {
      await pool.stop();
      await connection.close();
      await Promise.all([services.rekor.close(), services.fulcio.close()]);
      await Promise.all([server.stop(), registry.close(), log.close()]);
      if (others === undefined) await sigstore.stop();
      await Promise.all([staging, ...mirrors].map((one) => one.stop()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
