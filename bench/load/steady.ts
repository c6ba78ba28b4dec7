import pMap from 'p-map';
import type { promotion } from '../../src/workflows/index.ts';
import { startDistribution } from '../../test/support/registries.ts';
import { startProduction } from '../../test/support/production.ts';
import { startPromotionService } from '../../test/support/promotion-service.ts';
import { residentMiB } from './resident.ts';

/** What a worker has in memory after so many promotions, its garbage collected every ten seconds. */
export interface SteadyFigures {
  readonly promotions: number;
  readonly mib: number;
}

const HOSTS = 8;
const IMAGES = 3;

/**
 * Has one worker do promotions to the same few hosts, each to repositories of its own, up to each of the numbers in turn:
 * once it keeps as many runs in memory as it may, it should need no more.
 */
export async function measureSteady(steps: readonly number[]): Promise<readonly SteadyFigures[]> {
  const shared = await startDistribution();
  const start = async () => ({ ...shared, stop: async () => undefined });
  const production = await startProduction({ images: IMAGES, mirrors: HOSTS, start });
  const environment = { NODE_OPTIONS: `--import ${new URL('garbage.ts', import.meta.url).href}` };
  const service = await startPromotionService({ directory: production.directory, environment });
  const figures: SteadyFigures[] = [];
  try {
    let done = 0;
    for (const step of steps) {
      for (; done < step; done += HOSTS) await promoteToEach(done);
      figures.push({ promotions: done, mib: (await residentMiB(service.worker.pid)).now });
    }
  } finally {
    await service.stop();
    await production.stop();
    await shared.stop();
  }
  return figures;

  /** @param first the number of the first of these promotions */
  async function promoteToEach(first: number): Promise<void> {
    const uploads: string[] = [];
    for (const [at, { host }] of production.mirrors.entries()) {
      await production.writeManifests([`${host}/of-${first + at}`]);
      uploads.push(await service.upload(production.directory));
    }
    await pMap(uploads, async (manifests, at) => {
      const { outcome } = await service.client.workflow.execute<typeof promotion>('promotion', {
        taskQueue: 'promotion',
        workflowId: `promotion-${first + at}`,
        args: [{ manifests, confirm: true, sign: false, onPhaseFailure: 'fail' }],
      });
      if (outcome !== 'done') throw new Error(`promotion-${first + at} ended ${outcome}`);
    });
  }
}
