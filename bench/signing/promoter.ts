import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PhaseName, PromotionReport } from '../../src/workflows/messages.ts';
import type { promotion } from '../../src/workflows/index.ts';
import { startPromotionService } from '../../test/support/promotion-service.ts';
import type { Stage, StagedImage } from './stage.ts';

/** This program: a worker and a Temporal server of its own. */
export interface Promoter {
  /** Of the worker. */
  readonly pid: number;
  /** Copies images to production, unsigned. */
  promote(): Promise<PromotionReport>;
  /** Signs and attests what is there. */
  sign(): Promise<PromotionReport>;
  stop(): Promise<void>;
}

export interface PromoterOptions {
  /** In the project `staging`; they are promoted to `production`. */
  readonly images: readonly StagedImage[];
  readonly maxSignatureOps: number;
  /** A folder that receives the worker's CPU profile. */
  readonly profileDirectory: string | undefined;
}

/** Starts server and worker, with manifests that ask for the images. */
export async function startPromoter(stage: Stage, options: PromoterOptions): Promise<Promoter> {
  const { images, maxSignatureOps, profileDirectory } = options;
  const directory = join(stage.directory, 'promoter');
  await writeManifests(directory, stage.registry.host, images);
  const service = await startPromotionService({
    directory,
    environment: {
      PROMOTER_TRUSTED_ROOT: stage.sigstore.trustedRootFile,
      PROMOTER_SIGNING_CONFIG: stage.signingConfigFile,
      PROMOTER_IDENTITY_TOKEN_URL: stage.sigstore.tokenUrl,
      PROMOTER_MAX_SIGNATURE_OPS: String(maxSignatureOps),
      ...(profileDirectory === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileDirectory}` }),
    },
  });
  const manifests = await service.upload(directory);
  const run = (sign: boolean): Promise<PromotionReport> =>
    service.client.workflow.execute<typeof promotion>('promotion', {
      taskQueue: 'promotion',
      workflowId: randomUUID(),
      args: [{ manifests, confirm: true, sign, onPhaseFailure: 'fail' }],
    });
  return {
    pid: service.worker.pid,
    promote: () => run(false),
    sign: () => run(true),
    stop: () => service.stop(),
  };
}

/** Seconds that some phases of a run took. */
export function phaseSeconds({ phases }: PromotionReport, names: readonly PhaseName[]): number {
  return phases
    .filter(({ name }) => names.includes(name))
    .reduce((total, { startedAt = 0, endedAt = 0 }) => total + (endedAt - startedAt) / 1000, 0);
}

async function writeManifests(directory: string, host: string, images: readonly StagedImage[]): Promise<void> {
  const folder = (kind: string): string => join(directory, kind, 'project');
  await Promise.all(['manifests', 'images'].map((kind) => mkdir(folder(kind), { recursive: true })));
  const registries = [{ name: `${host}/staging`, src: true }, { name: `${host}/production` }];
  const byName = Map.groupBy(images, ({ path }) => path.slice('staging/'.length));
  const list = [...byName].map(([name, versions]) => ({
    name,
    dmap: Object.fromEntries(versions.map(({ digest, tag }) => [digest, [tag]])),
  }));
  // JSON is YAML.
  await writeFile(join(folder('manifests'), 'promoter-manifest.yaml'), JSON.stringify({ registries }));
  await writeFile(join(folder('images'), 'images.yaml'), JSON.stringify(list));
}
