import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadConfig, readSettings } from '../../src/config.ts';

describe('promoter.yaml', () => {
  let folder: string;
  const here = process.cwd();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'promoter-yaml-'));
  });
  afterEach(async () => {
    process.chdir(here);
    await rm(folder, { recursive: true });
  });

  const environment = (variables: Record<string, string> = {}): Record<string, string> => ({
    TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    ...variables,
  });

  async function written(name: string, text: string): Promise<string> {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  }

  it('is overridden by the environment, and that by flags', async () => {
    const config = await written('p.yaml', 'temporal: { address: "file:1", namespace: file, taskQueue: file }\n');
    const variables = environment({ TEMPORAL_ADDRESS: 'variable:1', TEMPORAL_NAMESPACE: 'variable' });
    const { temporal, namespace, taskQueue } = await loadConfig({ config, address: 'flag:1' }, variables);
    assert.deepEqual([temporal?.address, namespace, taskQueue], ['flag:1', 'variable', 'file']);
  });

  it('overrides the Temporal profile, and names another', async () => {
    await written('temporal.toml', '[profile.ours]\naddress = "profile:1"\nnamespace = "profile"\napi_key = "key"\n');
    const config = await written(
      'p.yaml',
      'temporal:\n  namespace: file\n  profile: ours\n  profileFile: temporal.toml\n',
    );
    const { TEMPORAL_CONFIG_FILE: _, ...variables } = environment();
    const { temporal, namespace } = await loadConfig({ config }, variables);
    assert.deepEqual([temporal?.address, namespace], ['profile:1', 'file']);
    assert.equal(temporal?.connection.apiKey, 'key');
  });

  it('is found: as named, then in this folder, then in the user’s', async () => {
    const inUse = async (flags: { config?: string }, variables: Record<string, string>) =>
      (await readSettings(flags, environment(variables))).file;
    assert.equal(await inUse({}, {}), undefined);
    const users = await written('config/image-promoter/promoter.yaml', '');
    assert.equal(await inUse({}, {}), users);
    process.chdir(folder);
    const local = await written('promoter.yaml', '');
    assert.equal(await inUse({}, {}), join(process.cwd(), 'promoter.yaml'));
    const byVariable = await written('variable.yaml', '# nothing\n');
    assert.equal(await inUse({}, { PROMOTER_CONFIG: byVariable }), byVariable);
    assert.equal(await inUse({ config: local }, { PROMOTER_CONFIG: byVariable }), local);
  });

  it('must be there when it is named', async () => {
    await assert.rejects(loadConfig({ config: join(folder, 'no.yaml') }, environment()), {
      code: 'ConfigInvalid',
      message: /cannot read .*no\.yaml: ENOENT/,
    });
  });

  it('has paths relative to its own folder, and leaves addresses alone', async () => {
    const config = await written(
      'p.yaml',
      'planStore: plans\nstate: ../state\nsigning: { trustedRoot: root.json, key: "gcpkms://projects/p" }\n',
    );
    const { planStore, stateFolder, signing } = await loadConfig({ config }, environment());
    assert.equal(planStore, join(folder, 'plans'));
    assert.equal(stateFolder, join(dirname(folder), 'state'));
    assert.deepEqual(signing, { trustedRoot: join(folder, 'root.json'), key: 'gcpkms://projects/p' });
  });

  it('says what is exceptional about single registry hosts', async () => {
    const config = await written(
      'p.yaml',
      'registries:\n- host: harbor.example\n  preset: harbor\n  requestsPerSecond: 20\n- host: 127.0.0.1:5000\n  tls: true\n',
    );
    assert.deepEqual((await loadConfig({ config }, environment())).hostPolicies, [
      { host: 'harbor.example', preset: 'harbor', requestsPerSecond: 20 },
      { host: '127.0.0.1:5000', tls: true },
    ]);
  });

  it('has everything that is wrong reported with file and line', async () => {
    const config = await written(
      'p.yaml',
      'temporal:\n  adress: a:1\n  uiAddress: here\nregistries:\n- host: a/b\nbudgets:\n  maxWorkers: none\nlogLevel: loud\n',
    );
    await assert.rejects(loadConfig({ config }, environment()), {
      code: 'ConfigInvalid',
      message: [
        `${config}:2: temporal.adress: no such setting`,
        `${config}:3: temporal.uiAddress: is not an http or https address`,
        `${config}:5: registries.0.host: is not a host with its port`,
        `${config}:7: budgets.maxWorkers: is not a number`,
        `${config}:8: logLevel: is none of error, warn, info, debug, trace`,
      ].join('\n'),
    });
  });
});
