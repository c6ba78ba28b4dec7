import type { PromotionReport, Worklist } from './messages.ts';

type Planned = Pick<PromotionReport, 'plan' | 'added'>;

/** What a run works through: its plan, and behind it those of destinations that were added. Nothing before Plan is done. */
export function worklistOf({ plan, added }: Planned): Worklist | undefined {
  return added?.worklist ?? (plan === undefined ? undefined : { digest: plan.digest, shards: plan.shards });
}

/** How many edges of a run have something to do. */
export function plannedEdges({ plan, added }: Planned): number {
  return (added?.destinations ?? []).reduce((sum, one) => sum + one.plan.edges, plan?.edges ?? 0);
}
