import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { promotion } from '../../src/workflows/index.ts';
import { report } from '../../src/workflows/messages.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { unpackPreviousRelease, type ReleasedVersion } from '../support/released-version.ts';
import { waitFor } from '../support/waiting.ts';

const IMAGES = 30;

describe('a promotion that the previous release began', () => {
  let previous: ReleasedVersion | undefined;
  let production: Production;
  let service: PromotionService;
  before(async function () {
    previous = await unpackPreviousRelease();
    // The commit of the previous release is not in this clone.
    if (previous === undefined) return this.skip();
    production = await startProduction({ images: IMAGES, mirrors: 2, proxy: { latencyMs: 30 } });
    const { directory } = production;
    service = await startPromotionService({ directory, workerFile: join(previous.folder, 'worker.ts') });
  });
  after(async () => {
    await service?.stop();
    await production?.stop();
    await previous?.remove();
  });

  it('is finished by this one, after a kill in the middle of its copies', async () => {
    const policies = { promote: { heartbeat: '2 seconds' } };
    const handle = await service.client.workflow.start<typeof promotion>('promotion', {
      taskQueue: 'promotion',
      workflowId: 'begun-by-the-previous-release',
      args: [{ manifests: await service.upload(production.directory), confirm: true, sign: false, policies }],
    });
    const [mirror] = production.mirrors;
    const isCopying = (): boolean => mirror?.log().some(({ method }) => method === 'PUT') === true;
    await waitFor(isCopying);
    await service.worker.kill();
    const begun = await handle.describe();
    assert.equal(begun.status.name, 'RUNNING');
    assert.notDeepEqual(await production.missing(production.mirrors[0]!), [], 'it was not done yet');

    service.worker = await service.startWorker();
    const { outcome, copied, plan } = await handle.result();
    assert.equal(outcome, 'done');
    assert.equal(copied.edges + copied.present, plan?.edges);
    for (const each of production.mirrors) assert.deepEqual(await production.missing(each), []);
    assert.deepEqual((await handle.query(report)).outcome, 'done');
  });
});
