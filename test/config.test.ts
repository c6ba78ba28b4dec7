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
    XDG_CONFIG_HOME: folder,
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
      maxWorkers: 8,
      production: {
        registry: 'us-central1-docker.pkg.dev/k8s-artifacts-prod/images',
        mirrors:
          'https://raw.githubusercontent.com/kubernetes/k8s.io/main/registry.k8s.io/manifests/k8s-staging-kubernetes/promoter-manifest.yaml',
      },
      replicationShare: 0.25,
      plainHttpHosts: [],
      gitSchemes: ['https', 'ssh'],
      hostPolicies: [],
      signing: {},
      telemetry: { logFormat: 'text' },
      notifications: [],
      gate: { rule: 'none', timeoutMs: 86_400_000, freeze: [] },
      encryption: {},
      worker: { queues: 'all' },
      scanners: {},
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

  it('connects with the certificates of a profile', async () => {
    const tls =
      'client_cert_data = "cert"\nclient_key_data = "key"\nserver_ca_cert_data = "ca"\nserver_name = "inside"';
    const file = await written('tls.toml', `[profile.default]\naddress = "a:1"\n[profile.default.tls]\n${tls}\n`);
    const { temporal } = await loadConfig({}, environment({ TEMPORAL_CONFIG_FILE: file }));
    const text = (bytes?: Uint8Array) => Buffer.from(bytes ?? []).toString();
    const given = temporal?.connection.tls;
    assert.ok(typeof given === 'object' && given !== null);
    assert.equal(given.serverNameOverride, 'inside');
    assert.equal(text(given.serverRootCACertificate), 'ca');
    assert.deepEqual([given.clientCertPair?.crt, given.clientCertPair?.key].map(text), ['cert', 'key']);
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

  it('reads names of images as pairs', async () => {
    const variables = environment({ PROMOTER_IDENTITIES: 'a/production=a.example, b=b.example' });
    assert.deepEqual((await loadConfig({}, variables)).signing.identities, [
      { match: 'a/production', replace: 'a.example' },
      { match: 'b', replace: 'b.example' },
    ]);
    await assert.rejects(loadConfig({}, environment({ PROMOTER_IDENTITIES: 'a=b=c' })), {
      message: "PROMOTER_IDENTITIES: 'a=b=c' is not match=replace",
    });
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
        "--log-level: 'loud' is none of error, warn, info, debug, trace",
        "PROMOTER_REQUESTS_PER_SECOND: '0' is not above 0",
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
});
