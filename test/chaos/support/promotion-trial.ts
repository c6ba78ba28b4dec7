import pMap from 'p-map';
import type { promotion } from '../../../src/workflows/index.ts';
import type { PhaseName } from '../../../src/workflows/messages.ts';
import type { PolicyChange } from '../../../src/workflows/promotion-request.ts';
import type { Arena } from './arena.ts';
import { wrongAttachments } from './attachments.ts';
import { startFronts } from './fronts.ts';
import { missingFrom, startImageReader } from './image-reader.ts';
import { manifestOf } from './manifest.ts';
import { killing, repositoriesOf, resultOf, type Kill, type TrialResult } from './trial.ts';

/** A machine that is busy loses attempts to heartbeats that come late, too. */
const ATTEMPTS = 100;
const QUICK: PolicyChange = { heartbeat: '1 second', firstRetry: 100, longestRetry: '1 second', attempts: ATTEMPTS };
const PHASES: readonly PhaseName[] = ['setup', 'plan', 'provenance', 'validate', 'promote', 'sign', 'attest'];
const POLICIES = Object.fromEntries(PHASES.map((phase) => [phase, QUICK]));

/** Promotes all images into repositories of the trial's own, kills on the way, and looks at what has become of it. */
export async function tryPromotion(arena: Arena, trial: string, kill?: Kill): Promise<TrialResult> {
  const { mirrors, staging, images, registry, client, store, log } = arena;
  const start = performance.now();
  const { atRequest, kills: killed } = killing(arena, kill);
  const fronts = await startFronts([...mirrors, staging], { atRequest });
  const hosts = fronts.hosts.slice(0, mirrors.length);
  // The reader and the judge ask the registries themselves.
  const direct = mirrors.map(({ host }) => host);
  log.clear();
  const reader = startImageReader(
    registry,
    new Map([...images].flatMap(([name, image]) => repositoriesOf(direct, trial, name).map((at) => [at, image]))),
  );
  try {
    const manifests = await store.put(manifestOf(arena, trial, hosts, `${fronts.hosts.at(-1)}/staging`));
    const handle = await client.workflow.start<typeof promotion>('promotion', {
      taskQueue: 'promotion',
      workflowId: trial,
      args: [{ manifests, confirm: true, onPhaseFailure: 'fail', policies: POLICIES }],
    });
    const report = await resultOf(handle);
    const kills = await killed();
    const missing = await pMap(images, ([name, image]) =>
      pMap(repositoriesOf(direct, trial, name), (at) => missingFrom(registry, at, image)),
    );
    const attached = await pMap(images, ([name, { root, manifests }]) =>
      wrongAttachments(arena, {
        repositories: repositoriesOf(direct, trial, name),
        subjects: manifests.map(({ digest }) => digest),
        root: root.digest,
      }),
    );
    const logged = Map.groupBy(log.entries(), (about) => about);
    return {
      requests: fronts.requests(),
      kills,
      transfers: fronts.transfers(),
      seconds: (performance.now() - start) / 1000,
      wrong: [
        ...(report.outcome === 'done'
          ? []
          : [`the run ended ${report.outcome}: ${report.quarantine.samples[0]?.message}`]),
        ...(await reader.stop()).map((what) => `for a moment, ${what}`),
        ...missing.flat(2),
        ...attached.flat(),
        ...[...logged].filter(([, { length }]) => length > 1 + kills).map(([about]) => `logged too often: ${about}`),
        ...(await store.names('debts/')).map((debt) => `still owed: ${debt}`),
      ],
    };
  } finally {
    await reader.stop();
    await fronts.close();
  }
}
