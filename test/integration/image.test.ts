import assert from 'node:assert/strict';
import { join } from 'node:path';
import { freePort } from '../../src/stack/ports.ts';
import type { RunningProcess } from '../../src/stack/process.ts';
import { startTemporal, type TemporalServer } from '../../src/stack/temporal.ts';
import { buildImage, mayContain, type Image } from '../support/image/image.ts';
import { startProduction, type Production } from '../support/production.ts';
import { runScript } from '../support/script.ts';

describe('the image of deploy/Dockerfile', function () {
  // It is built first.
  this.timeout('15m');

  let image: Image | undefined;
  let production: Production;
  let server: TemporalServer;
  before(async function () {
    if (!(await mayContain())) return this.skip();
    image = await buildImage();
    production = await startProduction({ images: 2, mirrors: 1 });
    const { directory } = production;
    const files = { databaseFile: join(directory, 'temporal.db'), logFile: join(directory, 'temporal.log') };
    server = await startTemporal({ ...files, uiPort: 'headless' });
  });
  after(async () => {
    await image?.remove();
    await server?.stop();
    await production?.stop();
  });

  it('has a user who is not root and may write below /tmp alone, git, and nothing for development', async () => {
    const script = 'id -u; touch /tmp/a && echo tmp; touch /app/a || echo no; git --version; ls /app /app/node_modules';
    const said = await image!.run(['sh', '-c', `{ ${script}; } 2>&1`]);
    assert.match(said, /^1000\ntmp\n.*Read-only file system\nno\ngit version /);
    assert.match(said, /^dist$/m);
    assert.match(said, /^@temporalio$/m);
    assert.doesNotMatch(said, /^(?:typescript|mocha|src|test)$/m);
  });

  it('is the command line, too', async () => {
    const said = await image!.run(['node', '/app/dist/src/client/main.js', 'cip', '--help']);
    assert.match(said, /^Usage: promoter cip /);
  });

  it('promotes, answers its probes, and ends when it is asked to', async () => {
    const [mirror] = production.mirrors;
    const health = `127.0.0.1:${await freePort()}`;
    // As the chart has it: clients and workers share a repository.
    const planStore = `oci://${mirror?.host}/plans`;
    const variables = {
      TEMPORAL_ADDRESS: server.address,
      PROMOTER_PLAN_STORE: planStore,
      PROMOTER_HEALTH_ADDRESS: health,
    };
    const answers = async (path: string): Promise<boolean> => (await fetch(`http://${health}${path}`)).ok;
    const worker: RunningProcess = await image!.begin(variables, () => answers('/readyz'));
    try {
      assert.ok(await answers('/livez'));
      const cip = ['cip', '--thin-manifest-dir', production.directory, '--confirm', '--sign=false'];
      const { exit, stderr } = await runScript('src/client/main.ts', cip, variables).ended;
      assert.equal(exit, 0, stderr);
      assert.deepEqual(await production.missing(mirror!), []);
    } finally {
      await worker.stop();
    }
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
  });
});
