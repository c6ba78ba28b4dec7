import pMap from 'p-map';
import type { WorkflowHandle } from '@temporalio/client';
import type { SampleImage } from '../../../src/stack/sample-images.ts';
import type { promotion } from '../../../src/workflows/index.ts';
import { report, type PhaseName, type PromotionReport } from '../../../src/workflows/messages.ts';
import type { PolicyChange } from '../../../src/workflows/promotion-request.ts';
import type { FaultRule } from '../../support/registry-proxy-faults.ts';
import { waitFor } from '../../support/waiting.ts';
import { ownImages, stage, type Arena } from './arena.ts';
import { wrongAttachments } from './attachments.ts';
import { startFronts } from './fronts.ts';
import { missingFrom } from './image-reader.ts';
import { manifestOf } from './manifest.ts';
import { repositoriesOf } from './trial.ts';

/** How a promotion ended that met a fault. */
export interface FaultOutcome {
  readonly outcome: 'done' | 'quarantined' | 'held';
  /** The first reason, for people. */
  readonly message?: string;
  readonly arrived: number;
  readonly edges: number;
  readonly seconds: number;
  /** What the report says that is not true, and what has a tag and is not whole. */
  readonly wrong: readonly string[];
}

export interface FaultOptions {
  /** By the number of the registry: three mirrors, then staging. */
  readonly faults?: (registry: number) => readonly FaultRule[];
  /** Where its worker is; the arena's by default. */
  readonly taskQueue?: string;
  readonly sign?: boolean;
  /** Under which name the repositories are; the trial's by default. */
  readonly place?: string;
  /** Done before the run is started, when its manifest is in the plan store. */
  readonly prepare?: () => Promise<void>;
}

const QUICK: PolicyChange = { attempts: 3, firstRetry: 100, longestRetry: '1 second', residueRounds: 2 };
const PHASES: readonly PhaseName[] = ['setup', 'plan', 'provenance', 'validate', 'promote', 'sign', 'attest'];
const POLICIES = Object.fromEntries(PHASES.map((phase) => [phase, QUICK]));

/** Promotes three images to three registries with a fault on the way, and looks whether what is said of it is true. */
export async function tryFault(arena: Arena, trial: string, options: FaultOptions = {}): Promise<FaultOutcome> {
  const { mirrors, staging, registry, client, store } = arena;
  const { faults, taskQueue = 'promotion', sign = false, place = trial } = options;
  const images = ownImages(trial);
  await stage(arena, trial, images);
  const fronts = await startFronts([...mirrors, staging], faults === undefined ? {} : { faults });
  try {
    const hosts = fronts.hosts.slice(0, mirrors.length);
    const manifests = await store.put(manifestOf({ images }, place, hosts, `${fronts.hosts.at(-1)}/${trial}`));
    await options.prepare?.();
    const start = performance.now();
    const handle = await client.workflow.start<typeof promotion>('promotion', {
      taskQueue,
      workflowId: trial,
      args: [{ manifests, confirm: true, sign, policies: POLICIES }],
    });
    const end = await Promise.race([endOf(handle), died(arena)]);
    const seconds = (performance.now() - start) / 1000;
    const direct = mirrors.map(({ host }) => host);
    const judged = await pMap(images, ([name, image]) =>
      pMap(repositoriesOf(direct, place, name), (at) => missingFrom(registry, at, image)),
    );
    const incomplete = judged.flat().filter((missing) => missing.length > 0);
    const edges = images.size * mirrors.length;
    const message = end.hold?.reason ?? end.quarantine.samples[0]?.message;
    return {
      outcome: end.outcome === 'held' || end.outcome === 'quarantined' ? end.outcome : 'done',
      ...(message === undefined ? {} : { message }),
      arrived: edges - incomplete.length,
      edges,
      seconds,
      wrong: [
        ...lies(end, incomplete),
        ...(sign && end.outcome === 'done' ? await wrongSignatures(arena, images, place) : []),
      ],
    };
  } finally {
    await fronts.close();
  }
}

/** The report once the run is over, or held. */
async function endOf(handle: WorkflowHandle<typeof promotion>): Promise<PromotionReport> {
  let seen: PromotionReport | undefined;
  await waitFor(async () => {
    seen = await handle.query(report);
    return seen.outcome !== 'running';
  });
  if (seen?.outcome !== 'held') return handle.result();
  await handle.terminate('it is held, which is what was to be seen');
  return seen;
}

async function died({ pool }: Arena): Promise<never> {
  const { code, signal } = await pool.worker().exited;
  throw new Error(`the worker ended with ${signal ?? code}`);
}

/** Green and wrong: whatever is missing has to be in the quarantine, unless all is held. */
function lies(end: PromotionReport, incomplete: readonly (readonly string[])[]): readonly string[] {
  // What has its tag and lacks something; without its tag, or with another's, it has not arrived.
  const broken = incomplete.filter((missing) => !missing.some((what) => / is (missing|sha256:)/.test(what))).flat();
  // What arrived and was not given its signature is in the quarantine, too.
  const edges = end.quarantine.samples.filter(({ phase }) => phase !== 'sign' && phase !== 'attest').length;
  if (end.outcome === 'held' || edges === incomplete.length) return broken;
  const first = incomplete.flat()[0] ?? 'all is there';
  return [
    `${end.outcome} with ${edges} edges in quarantine, and ${incomplete.length} did not arrive: ${first}`,
    ...broken,
  ];
}

async function wrongSignatures(
  arena: Arena,
  images: ReadonlyMap<string, SampleImage>,
  place: string,
): Promise<readonly string[]> {
  const hosts = arena.mirrors.map(({ host }) => host);
  const wrong = await pMap(images, ([name, { root, manifests }]) =>
    wrongAttachments(arena, {
      repositories: repositoriesOf(hosts, place, name),
      subjects: manifests.map(({ digest }) => digest),
      root: root.digest,
    }),
  );
  return wrong.flat();
}
