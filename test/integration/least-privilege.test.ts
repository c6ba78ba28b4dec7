import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setbackLine, setbacksOf } from '../../src/client/run-setbacks.ts';
import type { promotion } from '../../src/workflows/index.ts';
import { report } from '../../src/workflows/messages.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import type { RunningProcess } from '../../src/stack/process.ts';
import { waitFor } from '../support/waiting.ts';

const READER = { username: 'reader', password: 'may-pull' };
const WRITER = { username: 'writer', password: 'may-push' };

describe('workers with credentials of their own', () => {
  let production: Production;
  let service: PromotionService;
  let writing: RunningProcess | undefined;
  before(async () => {
    production = await startProduction({ images: 6, mirrors: 2, proxy: { tokens: { ...WRITER, reader: READER } } });
    const environment = { PROMOTER_WORKER_QUEUES: 'reading', DOCKER_CONFIG: await dockerConfig(READER) };
    service = await startPromotionService({ directory: production.directory, environment });
  });
  after(async () => {
    await writing?.stop();
    await service.stop();
    await production.stop();
  });

  /** A folder with Docker's configuration for every registry here. */
  async function dockerConfig({ username, password }: typeof READER): Promise<string> {
    const folder = join(production.directory, username);
    await mkdir(folder);
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    const hosts = [production.staging, ...production.mirrors].map(({ host }) => [host, { auth }]);
    await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: Object.fromEntries(hosts) }));
    return folder;
  }

  async function start(confirm: boolean) {
    return service.client.workflow.start<typeof promotion>('promotion', {
      taskQueue: 'promotion',
      workflowId: `confirm-${confirm}`,
      args: [{ manifests: await service.upload(production.directory), confirm, sign: false }],
    });
  }

  const written = (): number =>
    production.mirrors.flatMap(({ log }) => log()).filter(({ class: kind }) => /^upload|mount|put$/.test(kind)).length;

  it('end a dry run by the one that reads alone', async () => {
    const { outcome, plan } = await (await start(false)).result();
    assert.deepEqual([outcome, plan?.edges], ['dry-run', production.wanted.size * 2]);
    assert.equal(written(), 0);
  });

  it('write nothing before one comes that may, say what they wait for, and promote then', async () => {
    const handle = await start(true);
    const waits = async (): Promise<readonly string[]> =>
      setbacksOf(await handle.describe(), Date.now() + 60_000).map(setbackLine);
    const wanted =
      'assemblePlan: attempt 1 of 6, since no worker takes it from the queue promotion-writing: see that one runs';
    await waitFor(async () => (await waits()).includes(wanted));
    assert.equal((await handle.query(report)).phases.find(({ state }) => state === 'running')?.name, 'plan');
    assert.equal(written(), 0);

    writing = await service.startWorker({
      PROMOTER_WORKER_QUEUES: 'writing',
      DOCKER_CONFIG: await dockerConfig(WRITER),
    });
    assert.equal((await handle.result()).outcome, 'done');
    for (const mirror of production.mirrors) assert.deepEqual(await production.missing(mirror), []);
  });
});
