import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pMap from 'p-map';
import type { RepositoryName, Tag } from '../../src/reference.ts';
import { createRegistry } from '../../src/registry/client.ts';
import { freePort } from '../../src/stack/ports.ts';
import { startRegistry, type RegistryServer } from '../../src/stack/registries.ts';
import { makeImage, pushSample } from '../../src/stack/sample-images.ts';
import { startSigstore, type SigstoreStack } from '../../src/stack/sigstore/sigstore.ts';

/** An image to sign. */
export interface StagedImage {
  /** Without host and without digest: `cosign/app-3`. */
  readonly path: string;
  readonly tag: Tag;
  readonly digest: string;
}

/** A real Sigstore and a real registry, the same for everybody who signs. */
export interface Stage {
  readonly directory: string;
  readonly sigstore: SigstoreStack;
  readonly registry: RegistryServer;
  /** Where the registry tells how many requests it has answered. */
  readonly metricsUrl: string;
  /** The stack's signing config with Rekor v1 as its only log: one log for everybody, and the faster one. */
  readonly signingConfigFile: string;
  readonly rekorUrl: string;
  /** Uploads images of which no two have a digest in common. */
  pushImages(project: string, count: number): Promise<readonly StagedImage[]>;
  stop(): Promise<void>;
}

const REPOSITORIES = 20;

/** Starts everything. @throws PromoterError `ProgramMissing`, `StackFailed` */
export async function setStage(): Promise<Stage> {
  const directory = await mkdtemp(join(tmpdir(), 'bench-signing-'));
  const metricsPort = await freePort();
  const [sigstore, server] = await Promise.all([
    startSigstore({ profile: 'full', directory: join(directory, 'sigstore') }),
    startRegistry({ name: 'of the benchmark', directory: join(directory, 'registry'), metricsPort }),
  ]);
  const signingConfigFile = join(directory, 'signing_config.json');
  await writeFile(signingConfigFile, withRekorV1Only(await readFile(sigstore.signingConfigFile, 'utf8')));
  return {
    directory,
    sigstore,
    registry: server,
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    signingConfigFile,
    rekorUrl: sigstore.rekorV1Url ?? '',
    pushImages: (project, count) => pushImages(server.host, project, count),
    async stop() {
      await Promise.all([sigstore.stop(), server.stop()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function pushImages(host: string, project: string, count: number): Promise<readonly StagedImage[]> {
  const registry = createRegistry();
  try {
    return await pMap(
      Array.from({ length: count }, (_, at) => at),
      async (at) => {
        const image = makeImage({
          seed: `${project}-${at}`,
          layerSizes: [2_000],
          base: { seed: 'base', layerSizes: [1_000] },
        });
        const path = `${project}/app-${at % REPOSITORIES}`;
        const tag = `v1.${at}.0` as Tag;
        await pushSample(registry, `${host}/${path}` as RepositoryName, image, [tag]);
        return { path, tag, digest: image.root.digest };
      },
      { concurrency: 16 },
    );
  } finally {
    await registry.close();
  }
}

function withRekorV1Only(text: string): string {
  const config = JSON.parse(text) as { readonly rekorTlogUrls: readonly { readonly majorApiVersion: number }[] };
  const rekorTlogUrls = config.rekorTlogUrls.filter(({ majorApiVersion }) => majorApiVersion === 1);
  return JSON.stringify({ ...config, rekorTlogUrls });
}
