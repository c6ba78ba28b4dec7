import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { promotion } from '../../src/workflows/index.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { startDistribution, startGgcr } from '../support/registries.ts';

const USER = { username: 'robot', password: 'correct horse', lifetimeSeconds: 300 };

describe('a promotion', () => {
  let production: Production;
  let service: PromotionService;
  afterEach(async () => {
    await service.stop();
    await production.stop();
  });

  /** Writes Docker's configuration, with this password for every registry. */
  async function writeCredentials(password: string): Promise<void> {
    const auth = Buffer.from(`${USER.username}:${password}`).toString('base64');
    const hosts = [production.staging, ...production.mirrors].map(({ host }) => [host, { auth }]);
    await writeFile(join(production.directory, 'config.json'), JSON.stringify({ auths: Object.fromEntries(hosts) }));
  }

  async function promote(): Promise<ReturnType<typeof promotion>> {
    return service.client.workflow.execute<typeof promotion>('promotion', {
      taskQueue: 'promotion',
      workflowId: randomUUID(),
      args: [
        {
          manifests: await service.upload(production.directory),
          confirm: true,
          sign: false,
          onPhaseFailure: 'fail',
          policies: { setup: { attempts: 1 } },
        },
      ],
    });
  }

  for (const [kind, start] of [
    ['distribution', startDistribution],
    ['go-containerregistry’s registry', startGgcr],
  ] as const) {
    for (const tokens of [false, true]) {
      it(`works on ${kind} ${tokens ? 'behind a token server' : 'without tokens'}`, async () => {
        production = await startProduction({ images: 20, mirrors: 2, start, proxy: tokens ? { tokens: USER } : {} });
        await writeCredentials(USER.password);
        service = await startPromotionService({
          directory: production.directory,
          environment: { DOCKER_CONFIG: production.directory },
        });
        const result = await promote();
        assert.equal(result.outcome, 'done');
        assert.equal(result.copied.edges, 40);
        for (const mirror of production.mirrors) {
          assert.deepEqual(await production.missing(mirror), []);
          assert.equal((mirror.counts().token ?? 0) > 0, tokens);
        }
      });
    }
  }

  it('ends at once when every registry refuses the password, and never says it', async () => {
    production = await startProduction({ images: 2, mirrors: 2, proxy: { tokens: USER } });
    await writeCredentials('wrong battery');
    service = await startPromotionService({
      directory: production.directory,
      environment: { DOCKER_CONFIG: production.directory },
    });
    await assert.rejects(promote(), (error: Error) => {
      const { type, message } = error.cause as Error & { type: string };
      assert.equal(type, 'RegistryUnauthorized');
      assert.match(message, /401/);
      assert.doesNotMatch(message, /battery/);
      return true;
    });
  });
});
