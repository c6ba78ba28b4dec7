import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../src/config.ts';

describe('loadConfig', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'config-'));
  });
  after(() => rm(folder, { recursive: true }));

  // Without HOME's own temporal.toml, whatever the machine has.
  const environment = (variables: Record<string, string> = {}): Record<string, string> => ({
    TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
    XDG_STATE_HOME: '/state',
    ...variables,
  });

  async function written(name: string, text: string): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, text);
    return file;
  }

  it('is self-contained where nobody names a server', async () => {
    assert.deepEqual(await loadConfig({}, environment()), {
      namespace: 'default',
      taskQueue: 'promotion',
      plainHttpHosts: [],
      hostPolicies: [],
      signing: {},
      stateFolder: '/state/image-promoter',
      planStore: '/state/image-promoter/plans',
    });
  });

  it('ignores a relative XDG_STATE_HOME, as its specification demands', async () => {
    const { stateFolder } = await loadConfig({}, environment({ XDG_STATE_HOME: 'here' }));
    assert.match(stateFolder, /^\/.*\/\.local\/state\/image-promoter$/);
  });

  it('prefers flags to the environment, and that to the profile', async () => {
    const file = await written('profile.toml', '[profile.default]\naddress = "profile:1"\nnamespace = "ours"\n');
    const variables = environment({ TEMPORAL_CONFIG_FILE: file });
    const addressOf = async (flags: { address?: string }, more: Record<string, string>) =>
      (await loadConfig(flags, { ...variables, ...more })).temporal?.address;
    assert.equal(await addressOf({}, {}), 'profile:1');
    assert.equal(await addressOf({}, { TEMPORAL_ADDRESS: 'variable:1' }), 'variable:1');
    assert.equal(await addressOf({ address: 'flag:1' }, { TEMPORAL_ADDRESS: 'variable:1' }), 'flag:1');
    assert.equal((await loadConfig({}, variables)).namespace, 'ours');
  });

  it('connects with TLS and key where the environment has a key', async () => {
    const { temporal } = await loadConfig({ address: 'cloud:7233' }, environment({ TEMPORAL_API_KEY: 'secret' }));
    assert.equal(temporal?.connection.apiKey, 'secret');
    assert.equal(temporal?.connection.tls, true);
    assert.equal(temporal?.connection.address, 'cloud:7233');
  });

  it('takes the plan store as a folder or a file: address', async () => {
    const planStoreOf = async (text: string) =>
      (await loadConfig({}, environment({ PROMOTER_PLAN_STORE: text }))).planStore;
    assert.equal(await planStoreOf('/plans'), '/plans');
    assert.equal(await planStoreOf('file:///our%20plans'), '/our plans');
    assert.equal(await planStoreOf('plans'), join(process.cwd(), 'plans'));
    assert.equal(await planStoreOf('oci://plans.example/promotions'), 'oci://plans.example/promotions');
  });

  it('keeps everything in the folder that --state names', async () => {
    const config = await loadConfig({ state: '/elsewhere' }, environment());
    assert.equal(config.stateFolder, '/elsewhere');
    assert.equal(config.planStore, '/elsewhere/plans');
  });

  it('reads lists, numbers and levels', async () => {
    const config = await loadConfig(
      { logLevel: 'WARNING' },
      environment({
        PROMOTER_PLAIN_HTTP: 'a:5000, b',
        PROMOTER_REQUESTS_PER_SECOND: '12.5',
        TEMPORAL_UI_ADDRESS: 'https://ui.example//',
      }),
    );
    assert.deepEqual(config.plainHttpHosts, ['a:5000', 'b']);
    assert.equal(config.requestsPerSecond, 12.5);
    assert.equal(config.uiAddress, 'https://ui.example');
    assert.equal(config.logLevel, 'warn');
  });

  it('names every flag and variable that is wrong, at once', async () => {
    const flags = { address: 'http://temporal', logLevel: 'loud' };
    const variables = environment({
      PROMOTER_PLAN_STORE: 's3://bucket',
      PROMOTER_REQUESTS_PER_SECOND: '0',
      TEMPORAL_UI_ADDRESS: 'temporal',
    });
    await assert.rejects(loadConfig(flags, variables), {
      code: 'ConfigInvalid',
      message: [
        "--address: 'http://temporal' is not host:port",
        "TEMPORAL_UI_ADDRESS: 'temporal' is not an http or https address",
        "PROMOTER_PLAN_STORE: 's3://bucket' is neither a folder nor a file:/// or oci://host/repository address",
        "PROMOTER_REQUESTS_PER_SECOND: '0' is not above 0",
        "--log-level: 'loud' is none of error, warn, info, debug, trace",
      ].join('\n'),
    });
  });

  it('says where a Temporal profile is broken', async () => {
    const file = await written('broken.toml', '[profile.default]\naddress = "a:1"\nnamespace = \n');
    await assert.rejects(loadConfig({}, environment({ TEMPORAL_CONFIG_FILE: file })), (error: Error) => {
      assert.ok(error.message.includes(`the Temporal profile (${file}) cannot be used`), error.message);
      assert.match(error.message, /3: {2}namespace = /);
      return true;
    });
  });

  it('reads what is said of single registry hosts', async () => {
    const file = await written(
      'registries.yaml',
      'registries:\n- host: harbor.example\n  preset: harbor\n  requestsPerSecond: 20\n- host: 127.0.0.1:5000\n  tls: true\n',
    );
    const { hostPolicies } = await loadConfig({}, environment({ PROMOTER_REGISTRIES: file }));
    assert.deepEqual(hostPolicies, [
      { host: 'harbor.example', preset: 'harbor', requestsPerSecond: 20 },
      { host: '127.0.0.1:5000', tls: true },
    ]);
  });

  it('names file and line of what is wrong there', async () => {
    const file = await written('odd.yaml', 'registries:\n- host: a/b\n  requestPerSecond: 20\n');
    await assert.rejects(loadConfig({}, environment({ PROMOTER_REGISTRIES: file })), {
      code: 'ConfigInvalid',
      message: `${file}:2: registries.0.host: is not a host with its port\n${file}:3: registries.0.requestPerSecond: no such setting`,
    });
  });
});
