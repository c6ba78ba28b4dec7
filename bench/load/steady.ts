import pMap from 'p-map';
import type { Production } from '../../test/support/production.ts';
import { startPromotionService, type PromotionService } from '../../test/support/promotion-service.ts';
import { residentMiB } from './resident.ts';
import { startPromotion, startSharedProduction, uploadForEach } from './shared-production.ts';

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
  const production = await startSharedProduction(IMAGES, HOSTS);
  const environment = { NODE_OPTIONS: `--import ${new URL('garbage.ts', import.meta.url).href}` };
  const service = await startPromotionService({ directory: production.directory, environment });
  const figures: SteadyFigures[] = [];
  try {
    let done = 0;
    for (const step of steps) {
      for (; done < step; done += HOSTS) await promoteToEach(production, service, done);
      figures.push({ promotions: done, mib: (await residentMiB(service.worker.pid)).now });
    }
  } finally {
    await service.stop();
    await production.stop();
  }
  return figures;
}

/** @param first the number of the first of these promotions */
async function promoteToEach(production: Production, service: PromotionService, first: number): Promise<void> {
  const uploads = await uploadForEach(production, service, first);
  await pMap(uploads, async (manifests, at) => {
    const { outcome } = await (await startPromotion(service, first + at, manifests)).result();
    if (outcome !== 'done') throw new Error(`promotion-${first + at} ended ${outcome}`);
  });
}
