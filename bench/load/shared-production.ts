import type { promotion } from '../../src/workflows/index.ts';
import { startDistribution } from '../../test/support/registries.ts';
import { startProduction, type Production } from '../../test/support/production.ts';
import type { PromotionService } from '../../test/support/promotion-service.ts';

/** A production whose hosts are many, as a writer's lease is of each, and have one registry behind them. */
export async function startSharedProduction(images: number, mirrors: number): Promise<Production> {
  const shared = await startDistribution();
  const start = async () => ({ ...shared, stop: async () => undefined });
  const production = await startProduction({ images, mirrors, start });
  return {
    ...production,
    async stop() {
      await production.stop();
      await shared.stop();
    },
  };
}

/** Uploads manifests for each host, to repositories of their own; their digests. @param first the number of the first */
export async function uploadForEach(
  production: Production,
  service: PromotionService,
  first = 0,
): Promise<readonly string[]> {
  const uploads: string[] = [];
  for (const [at, { host }] of production.mirrors.entries()) {
    await production.writeManifests([`${host}/of-${first + at}`]);
    uploads.push(await service.upload(production.directory));
  }
  return uploads;
}

/** Starts a promotion of these manifests that is signed by nobody, and held by nothing. */
export function startPromotion({ client }: PromotionService, number: number, manifests: string) {
  return client.workflow.start<typeof promotion>('promotion', {
    taskQueue: 'promotion',
    workflowId: `promotion-${number}`,
    args: [{ manifests, confirm: true, sign: false, onPhaseFailure: 'fail' }],
  });
}
