import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { promotion } from '../../src/workflows/index.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { runScript } from '../support/script.ts';
import { waitFor } from '../support/waiting.ts';

const IMAGES = 200;
describe('a promotion of 200 images that is killed while it copies', function () {
  this.timeout('5m');
  let production: Production;
  beforeEach(async () => {
    production = await startProduction({ images: IMAGES, mirrors: 2, proxy: { latencyMs: 15 } });
  });
  afterEach(() => production.stop());

  /** Resolves when about this many images have arrived, in the middle of the work. */
  const copied = (images: number): Promise<void> =>
    waitFor(() => production.mirrors.every((mirror) => (mirror.counts()['manifest.put'] ?? 0) >= images));

  async function assertComplete(): Promise<void> {
    for (const mirror of production.mirrors) {
      const puts = mirror.log().filter((entry) => entry.class === 'manifest.put' && entry.status < 300);
      const paths = puts.map(({ path }) => path);
      assert.deepEqual(
        paths.filter((path, at) => paths.indexOf(path) !== at),
        [],
        'a tag was written twice',
      );
      const uploads = mirror.log().filter((entry) => entry.class === 'upload.put' && entry.status < 300);
      // One config and one layer for each image and the base once; a kill repeats only what was under way.
      assert.ok(uploads.length <= 2 * IMAGES + 1 + 100, `${uploads.length} uploads`);
      assert.deepEqual(await production.missing(mirror), []);
    }
  }

  it('goes on when the self-contained command is killed and started again', async () => {
    const args = ['cip', '--thin-manifest-dir', production.directory, '--confirm', '--sign=false'];
    const command = [...args, '--state', join(production.directory, 'state')];
    const first = runScript('src/client/main.ts', command);
    await copied(40);
    first.child.kill('SIGKILL');
    await first.ended;
    const second = await runScript('src/client/main.ts', command).ended;
    assert.equal(second.exit, 0, second.stderr);
    assert.match(second.stderr, /goes on/);
    await assertComplete();
  });

  describe('with a server and a worker of their own', () => {
    let service: PromotionService;
    beforeEach(async () => {
      service = await startPromotionService({ directory: production.directory });
    });
    afterEach(() => service.stop());

    async function promote(during: () => Promise<void>): Promise<void> {
      const manifests = await service.upload(production.directory);
      const policies = { promote: { heartbeat: 3_000 } };
      const handle = await service.client.workflow.start<typeof promotion>('promotion', {
        taskQueue: 'promotion',
        workflowId: 'chaos',
        args: [{ manifests, confirm: true, sign: false, policies }],
      });
      await during();
      const result = await handle.result();
      assert.equal(result.outcome, 'done');
      assert.equal(result.copied.edges + result.copied.present, 2 * IMAGES);
      await assertComplete();
    }

    it('goes on when the worker is killed and another one starts', () =>
      promote(async () => {
        await copied(40);
        await service.worker.kill();
        service.worker = await service.startWorker();
      }));

    it('goes on when the Temporal server is killed and comes back with its database', () =>
      promote(async () => {
        await copied(40);
        const port = Number(service.server.address.split(':')[1]);
        await service.server.kill();
        service.server = await service.startServer(port);
      }));
  });
});
