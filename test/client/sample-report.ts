import type { PromotionReport } from '../../src/workflows/messages.ts';

/** The time at which {@link sampleReport} is looked at. */
export const NOW = 60_000;

/** The report of a run that copies, as far as it has got, with changes. */
export function sampleReport(change: Partial<PromotionReport> = {}): PromotionReport {
  return {
    outcome: 'running',
    phases: [
      { name: 'setup', state: 'done', startedAt: 0, endedAt: 400, note: '12 edges in 2 files' },
      { name: 'plan', state: 'done', startedAt: 400, endedAt: 20_000 },
      { name: 'promote', state: 'running', startedAt: 20_000, shards: { done: 10, total: 40 } },
      { name: 'sign', state: 'pending' },
    ],
    destinations: ['mirror.example/production'],
    copied: { edges: 0, present: 0, manifests: 0, blobs: 0, mounted: 0, bytes: 0 },
    quarantine: { edges: 0, samples: [] },
    warnings: [],
    ...change,
  };
}
