import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import { PromoterError } from '../../src/errors.ts';
import { createBench, failure, RUN, type Bench } from './support.ts';

const MANIFEST = `registries:
- {name: staging.example/s, src: true}
- {name: one.example/prod}
- {name: two.example/prod}
images:
- name: app
  dmap: {"sha256:${'a'.repeat(64)}": ["1.0", "latest"]}
`;

describe('setup activity', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await createBench();
  });
  afterEach(() => bench.dispose());

  const setup = (request: unknown) => bench.run(bench.activities.setup, { run: RUN, request });
  const refusing = (broken: Record<string, PromoterError>) => {
    bench.registry.ping = async (host) => {
      const error = broken[host];
      if (error !== undefined) throw error;
    };
  };

  it('counts what the manifests ask for and names their destinations', async () => {
    const bundle = await bench.upload(MANIFEST);
    const result = await setup({ manifests: bundle, holdTimeout: '2 hours' });
    assert.deepEqual(result.manifests, { bundle, files: 1, images: 1, digests: 1, edges: 4 });
    assert.deepEqual(result.destinations, ['one.example/prod', 'two.example/prod']);
    assert.equal(result.request.holdTimeout, 7_200_000);
    assert.deepEqual(result.broken, []);
  });

  it('says for how long nobody need look at the calendar, unless the workers or the request know of a freeze', async () => {
    const manifests = await bench.upload(MANIFEST);
    const before = Date.now();
    const { noFreezeUntil = 0 } = await setup({ manifests });
    assert.ok(noFreezeUntil > before && noFreezeUntil <= Date.now() + 60_000);
    const freeze = [{ from: '2020-01-01', to: '2020-01-02' }];
    assert.equal((await setup({ manifests, freeze })).noFreezeUntil, undefined);
    const frozen = createActivities({ ...bench.dependencies, gate: { ...bench.dependencies.gate, freeze } });
    assert.equal((await bench.run(frozen.setup, { run: RUN, request: { manifests } })).noFreezeUntil, undefined);
  });

  it('refuses a request with every field that is wrong, for good', async () => {
    const request = { manifests: 'latest', confirm: 'yes', holdTimeout: 'soon', surprise: 1 };
    await assert.rejects(
      setup(request),
      failure('RequestInvalid', /manifests: .*confirm: .*holdTimeout: 'soon' is no duration.*surprise/s, false),
    );
    await assert.rejects(setup(undefined), failure('RequestInvalid', /request/, false));
  });

  it('wants manifests from one place', async () => {
    const git = { url: 'https://git.example/repo', ref: 'main', thinManifestDir: '.' };
    const manifests = await bench.upload(MANIFEST);
    for (const request of [{ confirm: true }, { manifests, git }]) {
      await assert.rejects(setup(request), failure('RequestInvalid', /a digest in the plan store, or a git/, false));
    }
    const secret = { ...git, url: 'https://user:secret@git.example/repo' };
    await assert.rejects(setup({ git: secret }), failure('RequestInvalid', /git\.url: has credentials/, false));
  });

  it('wants them from git where the signature of their commit is to be looked at, for what is to be written', async () => {
    const gate = { ...bench.dependencies.gate, proveSignature: async () => assert.fail('nobody is asked yet') };
    const activities = createActivities({ ...bench.dependencies, gate });
    const asking = { manifests: await bench.upload(MANIFEST), approval: 'signed-commit', sign: false };
    const look = (request: unknown) => bench.run(activities.setup, { run: RUN, request });
    assert.deepEqual((await look(asking)).approval, { rule: 'signed-commit' });
    const uploaded = failure('RequestInvalid', /were uploaded: have the workers take them from git/, false);
    await assert.rejects(look({ ...asking, confirm: true }), uploaded);
  });

  it('refuses manifests with file and line, for good', async () => {
    const manifests = await bench.upload(MANIFEST.replace('"1.0"', '"not a tag"'));
    await assert.rejects(
      setup({ manifests }),
      failure('ManifestInvalid', /manifest.yaml:7: invalid tag: not a tag/, false),
    );
  });

  it('lets a broken destination cost its own edges only', async () => {
    refusing({ 'two.example': new PromoterError('RegistryDenied', 'GET two.example/v2/ answered 403') });
    const { broken } = await setup({ manifests: await bench.upload(MANIFEST) });
    assert.deepEqual(broken, [
      { host: 'two.example', reason: 'RegistryDenied', message: 'GET two.example/v2/ answered 403' },
    ]);
  });

  it('fails for a broken destination when the request is strict', async () => {
    refusing({ 'two.example': new PromoterError('RegistryDenied', 'GET two.example/v2/ answered 403') });
    const manifests = await bench.upload(MANIFEST);
    await assert.rejects(
      setup({ manifests, strict: true }),
      failure('RegistryDenied', /strict: .*answered 403/, false),
    );
  });

  it('fails for good when no destination takes our credentials, and for now when one of them may come back', async () => {
    const unauthorized = new PromoterError('RegistryUnauthorized', 'one.example: 401');
    refusing({
      'one.example': unauthorized,
      'two.example': new PromoterError('RegistryUnauthorized', 'two.example: 401'),
    });
    const manifests = await bench.upload(MANIFEST);
    await assert.rejects(
      setup({ manifests }),
      failure('RegistryUnauthorized', /one.example: 401; two.example: 401/, false),
    );
    refusing({
      'one.example': unauthorized,
      'two.example': new PromoterError('RegistryUnavailable', 'two.example: refused'),
    });
    await assert.rejects(setup({ manifests }), failure('RegistryUnavailable', /no destination can be used/, true));
  });

  it('fails when the source does not answer', async () => {
    refusing({ 'staging.example': new PromoterError('RegistryUnavailable', 'staging.example: 500') });
    const manifests = await bench.upload(MANIFEST);
    await assert.rejects(setup({ manifests }), failure('RegistryUnavailable', /staging.example: 500/, true));
  });

  it('makes a run that writes the only one on every host that can be used, once nothing else is in its way', async () => {
    const manifests = await bench.upload(MANIFEST);
    const asked: string[] = [];
    const acquireWriter = async (host: string, workflowId: string): Promise<void> => {
      asked.push(`${workflowId} on ${host}`);
    };
    const writers = { ...bench.dependencies.writers, acquireWriter };
    const { setup: acquiring } = createActivities({ ...bench.dependencies, writers });
    const ask = (confirm: boolean) =>
      bench.run(
        acquiring,
        { run: RUN, request: { manifests, sign: false, confirm } },
        { workflowExecution: { workflowId: 'promotion', runId: RUN } },
      );
    assert.equal((await ask(false)).acquired, false);
    refusing({ 'staging.example': new PromoterError('RegistryUnavailable', 'staging.example: 500') });
    await assert.rejects(ask(true), failure('RegistryUnavailable', /staging.example: 500/, true));
    assert.deepEqual(asked, []);
    refusing({ 'two.example': new PromoterError('RegistryUnauthorized', 'two.example: 401') });
    assert.equal((await ask(true)).acquired, true);
    assert.deepEqual(asked, ['promotion on one.example']);
  });

  it('leaves writing and signing to others where the worker only reads', async () => {
    const manifests = await bench.upload(MANIFEST);
    const { setup: reading } = createActivities({ ...bench.dependencies, writesApart: true });
    const ask = (request: object) => bench.run(reading, { run: RUN, request: { manifests, ...request } });
    assert.equal((await ask({ confirm: true, sign: false })).writesApart, true);
    assert.equal((await setup({ manifests })).writesApart, undefined);
    // It needs nothing to sign with, but has to know whom signatures are to convince.
    await assert.rejects(ask({ confirm: true }), failure('TrustRootInvalid', /there is none here/, false));
  });
});
