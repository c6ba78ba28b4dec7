import type { WorkerDeploymentOptions } from '@temporalio/worker';
import type { Config } from '../config.ts';
import { packageVersion } from '../version.ts';

/**
 * Names a worker's version to Temporal, where a deployment is configured. Runs go over to a new version as soon as it is
 * made the current one: a held run may wait for a day, and no old worker has to be kept for it.
 */
export function versionOf({ deployment, buildId = packageVersion() }: Config['worker']): {
  readonly workerDeploymentOptions?: WorkerDeploymentOptions;
} {
  if (deployment === undefined) return {};
  return {
    workerDeploymentOptions: {
      version: { deploymentName: deployment, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}
