import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { rethrowCancellation } from '../../src/activities/cancellation.ts';
import type { Activities } from '../../src/activities/index.ts';
import { findProgram } from '../../src/stack/programs.ts';
import { loadWorkflows } from '../../src/worker/workflow-bundle.ts';
import type { promotion } from '../../src/workflows/index.ts';
import type { PromotionRequest } from '../../src/workflows/promotion-request.ts';
import type { PromotionState } from '../../src/workflows/promotion.ts';

/** A Temporal server and the workflow bundle, started when a test first asks and stopped after the last test. */
export interface TemporalFixture {
  readonly environment: TestWorkflowEnvironment;
  readonly workflowBundle: WorkflowBundleOption;
}

let fixture: Promise<TemporalFixture> | undefined;

/** The fixture of this test process. */
export function temporalFixture(): Promise<TemporalFixture> {
  fixture ??= startTemporal();
  return fixture;
}

/** Stops what {@link temporalFixture} started, if it did. A process that runs several files in turn starts it again. */
export async function stopTemporal(): Promise<void> {
  const started = await fixture;
  fixture = undefined;
  await started?.environment.teardown();
}

/** Starts a server with the search attributes of runs. @param serverArgs what the program gets besides */
export async function startTemporal(serverArgs: readonly string[] = []): Promise<TemporalFixture> {
  const [path, workflowBundle] = await Promise.all([findProgram('temporal'), bundleWorkflows()]);
  const attributes = ['PromoterState', 'PromoterPhase', 'PromoterCommit'].map((name) => `${name}=Keyword`);
  const environment = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      extraArgs: [
        ...[...attributes, 'PromoterDestinations=KeywordList'].flatMap((one) => ['--search-attribute', one]),
        ...serverArgs,
      ],
    },
  });
  return { environment, workflowBundle };
}

/** A run that is held before it knows better has somebody ask whom to tell. */
export const NOBODY_TO_TELL = { chooseTargets: async (): Promise<readonly string[]> => [] };

let bundle: Promise<WorkflowBundleOption> | undefined;

/** The workflows as a worker takes them, and a runtime that keeps quiet; made once. */
export function bundleWorkflows(): Promise<WorkflowBundleOption> {
  if (bundle === undefined) {
    const logging = { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } as const;
    Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [], telemetryOptions: { logging } });
    bundle = loadWorkflows({});
  }
  return bundle;
}

/**
 * Runs a promotion with the given activities, lets the test steer it, and replays its whole history at the end.
 *
 * @param continued what the run before this one left to it, where it is to be one that continues
 */
export async function withPromotion<T>(
  activities: Partial<Activities>,
  request: PromotionRequest,
  body: (handle: WorkflowHandle<typeof promotion>) => Promise<T>,
  continued?: PromotionState,
): Promise<T> {
  const { environment, workflowBundle } = await temporalFixture();
  const taskQueue = randomUUID();
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle,
    activities: { ...NOBODY_TO_TELL, ...activities },
    interceptors: { activity: [rethrowCancellation] },
    maxHeartbeatThrottleInterval: '100ms',
  });
  const workflowId = randomUUID();
  const result = await worker.runUntil(async () => {
    const handle = await environment.client.workflow.start<typeof promotion>('promotion', {
      taskQueue,
      workflowId,
      args: continued === undefined ? [request] : [request, continued],
    });
    return body(handle);
  });
  await replayRuns(workflowId);
  return result;
}

/** Replays the history of every run of a workflow: a change that would break a run under way fails here. */
export async function replayRuns(workflowId: string): Promise<void> {
  const { environment, workflowBundle } = await temporalFixture();
  const { client } = environment;
  const last = await client.workflow.getHandle(workflowId).describe();
  const runs = new Set<string>([last.runId]);
  let runId: string | undefined = last.raw.workflowExtendedInfo === undefined ? undefined : last.runId;
  while (runId !== undefined) {
    runs.add(runId);
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
    const previous: string | null | undefined =
      history.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    runId = previous === undefined || previous === null || previous === '' ? undefined : previous;
  }
}
