import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities, type Activities, type ActivityDependencies } from '../../src/activities/index.ts';
import { bundleBytes } from '../../src/manifest/bundle.ts';
import { PromoterError } from '../../src/errors.ts';
import { openGitHubProofs } from '../../src/gate/github-proof.ts';
import { openFolderStore } from '../../src/plan/folder-store.ts';
import type { PlanStore } from '../../src/plan/store.ts';
import type { RepositoryName, Tag } from '../../src/reference.ts';
import { createCopier } from '../../src/registry/copy.ts';
import { makeImage, pushSample, type SampleImage } from '../../src/stack/sample-images.ts';
import { fetchLocally } from '../support/git-tree.ts';
import { createMemoryRegistry, type MemoryRegistry } from '../support/memory-registry.ts';

/** Activities over a registry in memory and a store in a folder, and what a test needs to reach beneath them. */
export interface Bench {
  readonly registry: MemoryRegistry;
  readonly store: PlanStore;
  readonly activities: Activities;
  readonly dependencies: ActivityDependencies;
  /** Runs an activity as the worker would. */
  run<I, O>(
    activity: (input: I) => Promise<O>,
    input: I,
    info?: ConstructorParameters<typeof MockActivityEnvironment>[0],
  ): Promise<O>;
  /** Uploads a plain manifest and gives back its digest. */
  upload(yaml: string): Promise<string>;
  /** Pushes an image to a repository. */
  push(repository: string, seed: string, ...tags: string[]): Promise<SampleImage>;
  /** Setup and Plan as the workflow runs them. */
  plan(
    request: object,
  ): Promise<Awaited<ReturnType<Activities['assemblePlan']>> & { broken: readonly { host: string }[] }>;
  dispose(): Promise<void>;
}

const QUIET = new DefaultLogger('ERROR', () => {});

/** A worker that neither signs nor has a trusted root. */
const UNSIGNED: ActivityDependencies['signing'] = {
  trustRoot: async () => {
    throw new PromoterError('TrustRootInvalid', 'there is none here');
  },
  identityOf: (repository) => repository,
  canonicalOf: (repositories) => [...repositories].sort()[0] ?? ('' as RepositoryName),
  builderId: 'test',
};

/** Nobody else writes to any host. */
const ALONE: ActivityDependencies['writers'] = {
  acquireWriter: async () => undefined,
  releaseWriter: async () => undefined,
};

export const RUN = '00000000-0000-4000-8000-000000000001';

export async function createBench(): Promise<Bench> {
  const directory = await mkdtemp(join(tmpdir(), 'activities-'));
  const store = await openFolderStore(join(directory, 'store'));
  const registry = createMemoryRegistry();
  const copier = createCopier(registry, { spool: { directory: join(directory, 'spool') } });
  const dependencies = {
    registry,
    copier,
    store,
    fetchManifests: fetchLocally,
    signing: UNSIGNED,
    scanners: { of: () => [] },
    writers: ALONE,
    gate: { rule: 'none' as const, freeze: [], proofs: openGitHubProofs(undefined, 'http://127.0.0.1:9') },
    ceilings: { setCeiling: async () => undefined },
  };
  const activities = createActivities(dependencies);
  const bench: Bench = {
    registry,
    store,
    activities,
    dependencies,
    run: (activity, input, info = {}) =>
      new MockActivityEnvironment(info, { logger: QUIET }).run(activity as never, input as never),
    upload: (text) => store.put(bundleBytes({ kind: 'plain', files: [{ path: 'manifest.yaml', text }] })),
    async push(repository, seed, ...tags) {
      const image = makeImage({ seed, layerSizes: [100, 200] });
      await pushSample(registry, repository as RepositoryName, image, tags as Tag[]);
      return image;
    },
    async plan(request) {
      const setup = await bench.run(activities.setup, { run: RUN, request: { sign: false, ...request } });
      const judging = { broken: setup.broken };
      const draft = await bench.run(activities.draftPlan, { run: RUN, request: setup.request, judging });
      for (let shard = draft.judged ?? 0; shard < draft.shards; shard++) {
        await bench.run(activities.judgeShard, { run: RUN, index: draft.index, shard, ...judging });
      }
      const { strict, confirm } = setup.request;
      const input = { run: RUN, strict: strict === true, probe: confirm === true };
      return { ...(await bench.run(activities.assemblePlan, input)), broken: setup.broken };
    },
    async dispose() {
      await rm(directory, { recursive: true });
    },
  };
  return bench;
}

/** A check that an activity failed with this code and says this, and whether the server may try again. */
export function failure(type: string, message: RegExp, retryable: boolean) {
  return (error: unknown): boolean => {
    const failed = error as ApplicationFailure;
    return failed.type === type && message.test(failed.message) && failed.nonRetryable === !retryable;
  };
}
