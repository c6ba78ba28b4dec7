import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../src/stack/program-list.ts';
import { freePort } from '../../src/stack/ports.ts';
import { type RunningProcess, startProcess } from '../../src/stack/process.ts';
import { startProduction, type Production } from '../support/production.ts';
import { type RunningScript, runScript } from '../support/script.ts';
import { type PostgresTemporal, startPostgresTemporal } from '../support/temporal-postgres.ts';
import { waitFor } from '../support/waiting.ts';

const IMAGES = 40;

describe('a promotion on Temporal with PostgreSQL', () => {
  let production: Production;
  let temporal: PostgresTemporal;
  let workers: readonly RunningProcess[] = [];
  before(async () => {
    production = await startProduction({ images: IMAGES, mirrors: 2, proxy: { latencyMs: 15 } });
    const directory = join(production.directory, 'temporal');
    await mkdir(directory);
    temporal = await startPostgresTemporal(directory);
  });
  after(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
    await temporal.stop();
    await production.stop();
  });

  async function startWorker(queues: string): Promise<RunningProcess> {
    const health = `127.0.0.1:${await freePort()}`;
    return startProcess({
      name: `the worker of ${queues}`,
      program: process.execPath,
      args: [join(packageRoot(), 'worker.ts')],
      env: { ...places(), PROMOTER_WORKER_QUEUES: queues, PROMOTER_HEALTH_ADDRESS: health },
      logFile: join(production.directory, `worker-${queues}.log`),
      ready: async () => (await fetch(`http://${health}/readyz`)).ok,
    });
  }

  const places = () => ({
    TEMPORAL_ADDRESS: temporal.address,
    PROMOTER_PLAN_STORE: join(production.directory, 'plans'),
  });

  function promote(): RunningScript {
    const { TEMPORAL_ADDRESS: address, PROMOTER_PLAN_STORE: store } = places();
    const promotion = ['cip', '--thin-manifest-dir', production.directory, '--confirm', '--sign=false', '--json'];
    return runScript('src/client/main.ts', [...promotion, '--address', address, '--plan-store', store]);
  }

  it('is refused where no worker has been yet, with what to do', async () => {
    const { exit, stderr } = await promote().ended;
    assert.equal(exit, 1);
    assert.match(
      stderr,
      /could not start the run in default: .*PromoterDestinations\. A worker registers it when it starts/,
    );
  });

  it('is finished by two workers though the server is killed in the middle', async () => {
    workers = await Promise.all(['promotion', 'all'].map(startWorker));
    const command = promote();
    const begun = waitFor(() => production.mirrors.every((mirror) => (mirror.counts()['manifest.put'] ?? 0) > 5));
    assert.equal(await Promise.race([begun, command.ended]), undefined, 'it ended before it was in the middle');
    await temporal.kill();
    await temporal.start();
    const { exit, stdout, stderr } = await command.ended;
    assert.equal(exit, 0, stderr);
    assert.equal((JSON.parse(stdout) as { outcome: string }).outcome, 'done');
    for (const mirror of production.mirrors) {
      assert.deepEqual(await production.missing(mirror), []);
      const puts = mirror.log().filter((entry) => entry.class === 'manifest.put' && entry.status < 300);
      assert.equal(new Set(puts.map(({ path }) => path)).size, puts.length, 'a tag was written twice');
    }
  });
});
