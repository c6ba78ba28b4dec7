import { cp } from 'node:fs/promises';
import pMap from 'p-map';
import { pushSample } from '../../../src/stack/sample-images.ts';
import type { signatureReplication } from '../../../src/workflows/index.ts';
import { replicationQueue } from '../../../src/workflows/replication-messages.ts';
import { TAG, type Arena } from './arena.ts';
import { wrongAttachments } from './attachments.ts';
import { startFronts } from './fronts.ts';
import { manifestOf } from './manifest.ts';
import { killing, repositoriesOf, resultOf, type Kill, type TrialResult } from './trial.ts';

/** The repositories that sweeps start from: one promotion's on the canonical registry, and bare images on its mirror. */
export const SIGNED = 'signed';
const BARE = 'bare';

/** Puts images without signatures on the mirror; promotes nothing. */
export async function prepareSweeps({ images, mirrors, registry }: Arena): Promise<void> {
  const [, mirror] = mirrors;
  await pMap(images, async ([name, image]) => {
    for (const repository of repositoriesOf([mirror.host], BARE, name)) {
      await pushSample(registry, repository, image, [TAG]);
    }
  });
}

/** Replicates the signatures of all images to a mirror that has none, kills on the way, and looks at the outcome. */
export async function trySweep(arena: Arena, trial: string, kill?: Kill): Promise<TrialResult> {
  const { mirrors, images, client, store, log } = arena;
  const [canonical, mirror] = mirrors;
  const places = [canonical, mirror];
  await cp(canonical.folderOf(`prod/${SIGNED}`), canonical.folderOf(`prod/${trial}`), { recursive: true });
  await cp(mirror.folderOf(`prod/${BARE}`), mirror.folderOf(`prod/${trial}`), { recursive: true });
  const start = performance.now();
  const { atRequest, kills } = killing(arena, kill);
  const fronts = await startFronts(places, { atRequest });
  log.clear();
  try {
    const manifests = await store.put(manifestOf(arena, trial, fronts.hosts, '127.0.0.1:1/staging'));
    const handle = await client.workflow.start<typeof signatureReplication>('signatureReplication', {
      taskQueue: replicationQueue('promotion'),
      workflowId: trial,
      args: [{ manifests, confirm: true, full: true, heartbeat: '1 second' }],
    });
    const report = await resultOf(handle);
    const came = await kills();
    const attached = await pMap(images, ([name, { root, manifests: subjects }]) =>
      wrongAttachments(arena, {
        repositories: repositoriesOf(
          places.map(({ host }) => host),
          trial,
          name,
        ),
        subjects: subjects.map(({ digest }) => digest),
        root: root.digest,
      }),
    );
    return {
      requests: fronts.requests(),
      kills: came,
      transfers: fronts.transfers(),
      seconds: (performance.now() - start) / 1000,
      wrong: [
        ...(report.outcome === 'done'
          ? []
          : [`the sweep ended ${report.outcome}: ${report.residue.samples[0]?.message}`]),
        ...attached.flat(),
        ...log.entries().map((about) => `logged, though a sweep signs nothing: ${about}`),
        ...(await store.names('runs/')).filter((name) => name.includes(handle.firstExecutionRunId)),
      ],
    };
  } finally {
    await fronts.close();
  }
}
