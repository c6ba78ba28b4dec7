import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { promotion } from '../../src/workflows/index.ts';
import { freePort } from '../../src/stack/ports.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { waitFor } from '../support/waiting.ts';

const DEPLOYMENT = 'image-promoter';
const BUILD = '1.2.3+abc';

describe('a worker of a deployment', () => {
  let production: Production;
  let service: PromotionService;
  let health: string;
  before(async () => {
    production = await startProduction({ images: 1, mirrors: 1 });
    const address = `127.0.0.1:${await freePort()}`;
    health = `http://${address}`;
    service = await startPromotionService({
      directory: production.directory,
      environment: {
        PROMOTER_HEALTH_ADDRESS: address,
        TEMPORAL_DEPLOYMENT_NAME: DEPLOYMENT,
        TEMPORAL_WORKER_BUILD_ID: BUILD,
      },
    });
  });
  after(async () => {
    await service.stop();
    await production.stop();
  });

  const statusOf = async (path: string): Promise<number | undefined> =>
    (await fetch(`${health}${path}`).catch(() => undefined))?.status;

  it('says when it is ready, and works from when its version is the current one', async () => {
    await waitFor(async () => (await statusOf('/livez')) === 200);
    await waitFor(async () => (await statusOf('/readyz')) === 200);
    const { workflowService: temporal, options } = service.client;
    const { namespace } = options;
    const handle = await service.client.workflow.start<typeof promotion>('promotion', {
      taskQueue: 'promotion',
      workflowId: randomUUID(),
      args: [{ manifests: await service.upload(production.directory), confirm: true, sign: false }],
    });
    await waitFor(async () => {
      const known = await temporal
        .describeWorkerDeployment({ namespace, deploymentName: DEPLOYMENT })
        .catch(() => undefined);
      return (
        known?.workerDeploymentInfo?.versionSummaries?.some((one) => one.deploymentVersion?.buildId === BUILD) === true
      );
    });
    const version = { namespace, deploymentName: DEPLOYMENT, buildId: BUILD, ignoreMissingTaskQueues: true };
    await temporal.setWorkerDeploymentCurrentVersion(version);
    assert.equal((await handle.result()).outcome, 'done');
    const { raw } = await handle.describe();
    const { versioningInfo } = raw.workflowExecutionInfo ?? {};
    assert.equal(versioningInfo?.deploymentVersion?.buildId, BUILD);
    assert.deepEqual(await production.missing(production.mirrors[0]!), []);
  });

  it('is not ready while it stops', async () => {
    const stopped = service.worker.stop();
    await waitFor(async () => (await statusOf('/readyz')) !== 200);
    await stopped;
    assert.equal(await statusOf('/livez'), undefined);
  });
});
