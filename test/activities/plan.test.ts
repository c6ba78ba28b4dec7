import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import { getDocument, getEdges, putEdges, type Shard, type ShardIndex } from '../../src/plan/document.ts';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import { createBench, failure, RUN, type Bench } from './support.ts';

describe('plan activities', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await createBench();
  });
  afterEach(() => bench.dispose());

  const manifest = (dmap: Record<string, string[]>): string =>
    [
      'registries:',
      '- {name: staging.example/s, src: true}',
      '- {name: one.example/prod}',
      '- {name: two.example/prod}',
      'images:',
      '- name: app',
      `  dmap: ${JSON.stringify(dmap)}`,
    ].join('\n');

  async function groupsOf(plan: string) {
    const { shards } = await getDocument<ShardIndex>(bench.store, plan as Digest);
    const documents = await Promise.all(shards.map((shard) => getDocument<Shard>(bench.store, shard)));
    return documents.flatMap(({ groups }) => groups);
  }

  it('plans what is missing, quarantines what is lost or would move a tag, and leaves what is done', async () => {
    const fresh = await bench.push('staging.example/s/app', 'fresh');
    const done = await bench.push('staging.example/s/app', 'done');
    const moved = await bench.push('staging.example/s/app', 'moved');
    await bench.push('one.example/prod/app', 'done', '2.0');
    await bench.push('two.example/prod/app', 'done', '2.0');
    await bench.push('one.example/prod/app', 'other', '3.0');
    const lost = `sha256:${'e'.repeat(64)}`;
    const manifests = await bench.upload(
      manifest({ [fresh.root.digest]: ['1.0'], [done.root.digest]: ['2.0'], [moved.root.digest]: ['3.0'], [lost]: [] }),
    );
    const { plan } = await bench.plan({ manifests, confirm: true });
    assert.deepEqual(plan.verdicts, { promote: 3, done: 2, lost: 2, 'tag-move': 1 });
    assert.equal(plan.edges, 3);
    const groups = await groupsOf(plan.digest);
    const destinations = new Map(
      groups.map((group) => [group.digest, group.targets.map(({ repository }) => repository)]),
    );
    assert.deepEqual(destinations.get(fresh.root.digest), ['one.example/prod/app', 'two.example/prod/app']);
    assert.deepEqual(destinations.get(moved.root.digest), ['two.example/prod/app']);
    assert.equal(destinations.size, 2);
    const quarantine = await bench.run(bench.activities.gatherQuarantine, { run: RUN });
    assert.equal(quarantine.edges, 3);
    const list = await getEdges(bench.store, quarantine.list as Digest);
    assert.deepEqual(list.map(({ reason }) => reason).sort(), ['lost', 'lost', 'tag-move']);
  });

  it('rejects the whole run under strict, naming what is wrong, before a byte is written', async () => {
    const manifests = await bench.upload(manifest({ [`sha256:${'e'.repeat(64)}`]: ['1.0'] }));
    await assert.rejects(
      bench.plan({ manifests, confirm: true, strict: true }),
      failure('PlanRejected', /strict: nothing is promoted, since 2 edges cannot be: .*_LOST_/, false),
    );
    assert.equal(bench.registry.count('putManifest'), 0);
  });

  it('quarantines edges to a host that does not take writes, and fails when none does', async () => {
    const image = await bench.push('staging.example/s/app', 'fresh');
    const manifests = await bench.upload(manifest({ [image.root.digest]: ['1.0'] }));
    bench.registry.probeWrite = async (repository: RepositoryName) => {
      if (repository.startsWith('two')) throw new PromoterError('RegistryDenied', 'POST two.example answered 403');
    };
    const { plan } = await bench.plan({ manifests, confirm: true });
    assert.deepEqual([plan.edges, plan.hosts], [1, ['one.example']]);
    const { samples } = await bench.run(bench.activities.gatherQuarantine, { run: RUN });
    assert.deepEqual(
      samples.map(({ destination, reason }) => [destination, reason]),
      [['two.example/prod/app', 'RegistryDenied']],
    );
    bench.registry.probeWrite = async () => {
      throw new PromoterError('RegistryDenied', 'answered 403');
    };
    await assert.rejects(
      bench.plan({ manifests, confirm: true }),
      failure('RegistryDenied', /no destination takes writes/, false),
    );
    assert.ok(await bench.plan({ manifests }), 'a dry run asks nobody for leave to write');
  });

  it('tries a destination that could not be read for now, and quarantines one that refuses', async () => {
    const image = await bench.push('staging.example/s/app', 'fresh');
    const manifests = await bench.upload(manifest({ [image.root.digest]: ['1.0'] }));
    const listRepository = bench.registry.listRepository.bind(bench.registry);
    const failing = (code: 'RegistryUnavailable' | 'RegistryDenied') => {
      bench.registry.listRepository = async (repository) => {
        if (repository.startsWith('two')) throw new PromoterError(code, `GET ${repository}: ${code}`);
        return listRepository(repository);
      };
    };
    failing('RegistryUnavailable');
    const hopeful = await bench.plan({ manifests });
    assert.deepEqual([hopeful.plan.edges, hopeful.plan.verdicts.unreadable], [2, 1]);
    assert.match(hopeful.warnings.join(), /two.example\/prod\/app could not be read and will be tried all the same/);
    failing('RegistryDenied');
    const hopeless = await bench.plan({ manifests });
    assert.equal(hopeless.plan.edges, 1);
  });

  it('judges a draft of one shard at once, and leaves one of several to other activities', async () => {
    const image = await bench.push('staging.example/s/app', 'fresh');
    const small = await bench.upload(manifest({ [image.root.digest]: ['1.0'] }));
    const images = Array.from({ length: 300 }, (_, at) => `- {name: app-${at}, dmap: {${image.root.digest}: ["1.0"]}}`);
    const large = await bench.upload(
      `registries: [{name: staging.example/s, src: true}, {name: one.example/prod}]\nimages:\n${images.join('\n')}`,
    );
    let listings = 0;
    const listRepository = bench.registry.listRepository.bind(bench.registry);
    bench.registry.listRepository = (repository) => {
      listings += 1;
      return listRepository(repository);
    };
    const draft = (manifests: string, more: object = { judging: { broken: [] } }) =>
      bench.run(bench.activities.draftPlan, { run: RUN, request: { manifests, sign: false }, ...more });
    const unasked = await draft(small, {});
    assert.deepEqual([unasked.shards, unasked.judged, listings], [1, 0, 0]);
    const several = await draft(large);
    assert.ok(several.shards > 1);
    assert.deepEqual([several.judged, listings], [0, 0]);
    const one = await draft(small);
    assert.deepEqual([one.shards, one.judged, listings], [1, 1, 3]);
  });

  it('works on the edges alone that a request restricts it to', async () => {
    const image = await bench.push('staging.example/s/app', 'fresh');
    const manifests = await bench.upload(manifest({ [image.root.digest]: ['1.0', '2.0'] }));
    const edge = { source: '', phase: '', reason: '', message: '' };
    const only = await putEdges(bench.store, [
      { ...edge, digest: image.root.digest, destination: 'two.example/prod/app', tag: '2.0' },
    ]);
    const { plan } = await bench.plan({ manifests, only });
    assert.deepEqual(
      (await groupsOf(plan.digest)).flatMap(({ targets }) => targets),
      [{ repository: 'two.example/prod/app' as RepositoryName, tags: ['2.0' as Tag], hasDigest: false }],
    );
  });
});
