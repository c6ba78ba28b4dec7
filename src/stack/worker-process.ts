import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { PROMOTION_TASK_QUEUE } from '../workflows/messages.ts';
import { packageRoot } from './program-list.ts';
import { type RunningProcess, startProcess } from './process.ts';
import type { StackDescription } from './stack.ts';

/**
 * Starts a promotion worker against a stack, in a process of its own, and waits until it polls for work.
 *
 * @throws PromoterError `StackFailed` with the end of its log
 */
export function startWorker(stack: StackDescription, logFile: string): Promise<RunningProcess> {
  return startProcess({
    name: 'the worker',
    program: process.execPath,
    args: [join(packageRoot(), 'worker.ts')],
    env: stackEnvironment(stack),
    logFile,
    ready: () => isPolled(stack),
  });
}

/** The environment variables that point the worker and the command line at a stack. */
export function stackEnvironment(stack: StackDescription): Record<string, string> {
  const { temporal, registries, planStore, sigstore } = stack;
  return {
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    ...(temporal.uiUrl === undefined ? {} : { TEMPORAL_UI_ADDRESS: temporal.uiUrl }),
    PROMOTER_PLAN_STORE: planStore,
    PROMOTER_CANONICAL_HOST: registries.canonical,
    PROMOTER_IDENTITIES: [registries.canonical, ...registries.mirrors]
      .map((host) => `${host}=${registries.publicName}`)
      .join(','),
    ...(sigstore === undefined
      ? {}
      : {
          PROMOTER_TRUSTED_ROOT: sigstore.trustedRootFile,
          PROMOTER_SIGNING_CONFIG: sigstore.signingConfigFile,
          PROMOTER_IDENTITY_TOKEN_URL: sigstore.tokenUrl,
        }),
  };
}

/** A worker polls for workflows last, once its bundle has been made. */
async function isPolled({ temporal: { address, namespace } }: StackDescription): Promise<boolean> {
  const connection = await Connection.connect({ address });
  try {
    const taskQueue = { name: PROMOTION_TASK_QUEUE };
    const { pollers } = await connection.workflowService.describeTaskQueue({ namespace, taskQueue });
    return pollers.length > 0;
  } finally {
    await connection.close();
  }
}
