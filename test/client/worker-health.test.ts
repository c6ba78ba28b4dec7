import assert from 'node:assert/strict';
import { type HealthServer, serveHealth } from '../../src/client/worker-health.ts';
import { versionOf } from '../../src/client/worker-version.ts';
import { packageVersion } from '../../src/version.ts';

describe('health of a worker', () => {
  let ready = false;
  let server: HealthServer;
  before(async () => {
    server = await serveHealth('127.0.0.1:0', () => ready);
  });
  after(() => server.close());

  const statusOf = async (path: string) => (await fetch(`http://127.0.0.1:${server.port}${path}`)).status;

  it('is ready when it works, and alive before', async () => {
    assert.deepEqual([await statusOf('/livez'), await statusOf('/readyz')], [200, 503]);
    ready = true;
    assert.deepEqual([await statusOf('/livez'), await statusOf('/readyz'), await statusOf('/')], [200, 200, 404]);
  });

  it('says which setting is wrong where it cannot listen', async () => {
    await assert.rejects(
      serveHealth(`127.0.0.1:${server.port}`, () => true),
      {
        code: 'ConfigInvalid',
        message: /^worker\.healthAddress \(PROMOTER_HEALTH_ADDRESS\) is 127.*EADDRINUSE/,
      },
    );
  });
});

describe('the version of a worker', () => {
  it('is told to Temporal where there is a deployment', () => {
    assert.deepEqual(versionOf({ queues: 'all' }), {});
    const { workerDeploymentOptions } = versionOf({ queues: 'all', deployment: 'ours' });
    assert.deepEqual(workerDeploymentOptions?.version, { deploymentName: 'ours', buildId: packageVersion() });
    assert.equal(
      versionOf({ queues: 'all', deployment: 'o', buildId: 'b' }).workerDeploymentOptions?.version.buildId,
      'b',
    );
  });
});
