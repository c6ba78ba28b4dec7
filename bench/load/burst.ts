import pMap from 'p-map';
import { budgetId } from '../../src/workflows/budget-messages.ts';
import { startPromotionService } from '../../test/support/promotion-service.ts';
import { residentMiB } from './resident.ts';
import { startPromotion, startSharedProduction, uploadForEach } from './shared-production.ts';

/** What became of promotions that were started at once. */
export interface BurstFigures {
  readonly wallMs: number;
  /** By their outcomes. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly edges: number;
  /** The most events of a promotion, and of a registry's budget. */
  readonly events: number;
  readonly budgetEvents: number;
  /** The most memory that a worker had, in MiB. */
  readonly mostMiB: number;
}

export interface BurstSize {
  readonly promotions: number;
  readonly workers: number;
  readonly images: number;
}

/** Starts promotions to a host each, signed by nobody, with so many workers. */
export async function measureBurst({ promotions, workers, images }: BurstSize): Promise<BurstFigures> {
  const production = await startSharedProduction(images, promotions);
  const { directory, mirrors } = production;
  const service = await startPromotionService({ directory });
  const others = await Promise.all(Array.from({ length: workers - 1 }, () => service.startWorker()));
  try {
    const uploads = await uploadForEach(production, service);
    const before = performance.now();
    const results = await pMap(uploads, async (manifests, at) => {
      const handle = await startPromotion(service, at, manifests);
      const { outcome, copied } = await handle.result();
      return { outcome, edges: copied.edges, events: (await handle.describe()).historyLength };
    });
    const wallMs = performance.now() - before;
    const resident = await Promise.all([service.worker, ...others].map(({ pid }) => residentMiB(pid)));
    const budgets = await pMap(mirrors, ({ host }) => service.client.workflow.getHandle(budgetId(host)).describe(), {
      concurrency: 10,
    });
    return {
      wallMs,
      outcomes: Object.fromEntries(
        [...Map.groupBy(results, ({ outcome }) => outcome)].map(([outcome, runs]) => [outcome, runs.length]),
      ),
      edges: results.reduce((sum, { edges }) => sum + edges, 0),
      events: Math.max(...results.map(({ events }) => events)),
      budgetEvents: Math.max(...budgets.map(({ historyLength }) => historyLength)),
      mostMiB: Math.max(...resident.map(({ most }) => most)),
    };
  } finally {
    await Promise.all(others.map((worker) => worker.stop()));
    await service.stop();
    await production.stop();
  }
}
