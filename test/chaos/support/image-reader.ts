import { setTimeout as delay } from 'node:timers/promises';
import type { RepositoryName } from '../../../src/reference.ts';
import type { RegistryClient } from '../../../src/registry/client-options.ts';
import type { SampleImage } from '../../../src/stack/sample-images.ts';
import { TAG } from './arena.ts';

/** Somebody who pulls by tag, all the time. */
export interface ImageReader {
  /** Stops, and says what was missing when. */
  stop(): Promise<readonly string[]>;
}

const PAUSE_MS = 20;

/** Looks for tags until it has met each; an image is looked at whole at the moment its tag is first met. */
export function startImageReader(
  registry: RegistryClient,
  wanted: ReadonlyMap<RepositoryName, SampleImage>,
): ImageReader {
  const unseen = new Map(wanted);
  const broken: string[] = [];
  const stopping = new AbortController();
  async function look(): Promise<void> {
    while (!stopping.signal.aborted && unseen.size > 0) {
      for (const [repository, image] of unseen) {
        // The registry is being started again, say.
        const head = await registry.headManifest(repository, TAG).catch(() => undefined);
        if (head === undefined) continue;
        unseen.delete(repository);
        broken.push(...(await missingFrom(registry, repository, image)));
      }
      await delay(PAUSE_MS);
    }
  }
  const looking = look();
  return {
    async stop() {
      stopping.abort();
      await looking;
      return broken;
    },
  };
}

/** What an image in a repository lacks, or has another tag than it should. */
export async function missingFrom(
  registry: RegistryClient,
  repository: RepositoryName,
  { root, manifests, blobs }: SampleImage,
): Promise<readonly string[]> {
  const head = await registry.headManifest(repository, TAG);
  const wrong = head?.digest === root.digest ? [] : [`${repository}:${TAG} is ${head?.digest ?? 'missing'}`];
  for (const { digest } of manifests) {
    if ((await registry.headManifest(repository, digest)) === undefined) wrong.push(`${repository} lacks ${digest}`);
  }
  for (const { digest } of blobs) {
    if (!(await registry.hasBlob(repository, digest))) wrong.push(`${repository} lacks the blob ${digest}`);
  }
  return wrong;
}
