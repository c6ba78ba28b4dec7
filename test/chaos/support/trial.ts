import type { WorkflowHandle } from '@temporalio/client';
import { isGrpcServiceError } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import type { RepositoryName } from '../../../src/reference.ts';
import { waitFor } from '../../support/waiting.ts';
import type { Arena } from './arena.ts';
import type { AtRequest, Fronts } from './fronts.ts';

/** What is killed. */
export type Victim = 'worker' | 'temporal' | 'registry';

/** A kill when the request of this number arrives, counted over all registries. */
export interface Kill {
  readonly at: number;
  readonly victim: Victim;
  /** After so many requests it is killed again, and so on to the end of the run; once only without it. */
  readonly apart?: number;
}

/** How a trial ended. */
export interface TrialResult {
  readonly requests: number;
  /** None when there were too few requests for one to come. */
  readonly kills: number;
  readonly seconds: number;
  /** As {@link Fronts} counts them. */
  readonly transfers: ReturnType<Fronts['transfers']>;
  /** Everything that is not as it should be. */
  readonly wrong: readonly string[];
}

/** Kills that may come. */
interface Killing {
  readonly atRequest: AtRequest;
  /** How many have come, once they are over. */
  readonly kills: () => Promise<number>;
}

/** The hook that kills; the request that was on its way then arrives or is lost by turns. */
export function killing(arena: Arena, kill: Kill | undefined): Killing {
  let death = Promise.resolve();
  let kills = 0;
  return {
    async atRequest(index) {
      if (kill === undefined || !isDue(kill, index)) return 'answer';
      kills += 1;
      death = death.then(() => strike(arena, kill.victim, index));
      await death;
      // By a step that is odd, since kills may be an even number of requests apart.
      return Math.floor(index / 3) % 2 === 0 ? 'answer' : 'drop';
    },
    async kills() {
      await death;
      return kills;
    },
  };
}

function isDue({ at, apart }: Kill, index: number): boolean {
  return index === at || (apart !== undefined && index > at && (index - at) % apart === 0);
}

function strike({ pool, mirrors, crashTemporal }: Arena, victim: Victim, at: number): Promise<void> {
  switch (victim) {
    case 'worker':
      return pool.replace();
    case 'temporal':
      return crashTemporal();
    case 'registry': {
      const [canonical, mirror] = mirrors;
      return (Math.floor(at / 7) % 2 === 0 ? canonical : mirror).crash();
    }
  }
}

/** A run's result, asked for again when the server that was asked has been killed. */
export async function resultOf<T extends Workflow>(handle: WorkflowHandle<T>) {
  for (;;) {
    try {
      return await handle.result();
    } catch (error) {
      if (!isGrpcServiceError(error) && !(error instanceof Error && error.name === 'ServiceError')) throw error;
      const answers = (): Promise<boolean> =>
        handle.describe().then(
          () => true,
          () => false,
        );
      await waitFor(answers);
    }
  }
}

/** Blobs of images that were transferred more often than without kills, and once more for each. */
export function transferredAgain(
  { images }: Arena,
  { transfers, kills }: Pick<TrialResult, 'transfers' | 'kills'>,
  undisturbed: ReadonlyMap<string, number>,
): readonly string[] {
  const known = new Set([...images.values()].flatMap(({ blobs }) => blobs.map(({ digest }) => digest as string)));
  return [...transfers].flatMap(([key, times]) => {
    const [place, digest = ''] = key.split(' ');
    const allowed = (undisturbed.get(key) ?? 1) + kills;
    return known.has(digest) && times > allowed ? [`registry ${place}: ${digest} was transferred ${times} times`] : [];
  });
}

/** The repositories of a trial's images on some hosts. */
export function repositoriesOf(hosts: readonly string[], trial: string, image: string): readonly RepositoryName[] {
  return hosts.map((host) => `${host}/prod/${trial}/${image}` as RepositoryName);
}
