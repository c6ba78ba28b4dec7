import type { Activities, FileActivities } from './index.ts';

/** Activities that write to registries or buckets, or try whether they may. */
export type WritingName = keyof typeof WRITING;

/** Whether dry runs need them too, in which they write nothing. */
const WRITING = {
  assemblePlan: true,
  planDestination: false,
  promoteShard: false,
  signShard: false,
  attestShard: false,
  promoteFiles: true,
} as const satisfies Partial<Record<keyof Everything, boolean>>;

type Everything = Activities & FileActivities;

/** Those of a worker that has credentials to write, and does nothing else with them. */
export function writingOf(activities: Everything): Partial<Everything> {
  return chosen(activities, (name) => name in WRITING);
}

/** Those of a worker that cannot write. */
export function readingOf(activities: Everything): Partial<Everything> {
  return chosen(activities, (name) => !(name in WRITING) || WRITING[name as WritingName]);
}

function chosen(activities: Everything, isWanted: (name: string) => boolean): Partial<Everything> {
  return Object.fromEntries(Object.entries(activities).filter(([name]) => isWanted(name)));
}
