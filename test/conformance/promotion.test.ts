import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pMap from 'p-map';
import type { Tag } from '../../src/reference.ts';
import { makeArtifact, makeImage, makeIndex, type SampleImage } from '../../src/stack/sample-images.ts';
import { withTree } from '../manifest/written-tree.ts';
import { startGgcr } from '../support/registries.ts';
import { openServedCommandLine, type CommandLine, type Ending } from './command-line.ts';
import { LISTINGS, startLab, type Lab } from './lab.ts';

interface Result {
  readonly exitCode: number;
  readonly plan?: readonly Edge[];
  readonly quarantine: readonly (Edge & { readonly reason: string; readonly message: string })[];
}

interface Edge {
  readonly destination: string;
  readonly tag?: string;
  readonly verdict: string;
}

type Dmap = Readonly<Record<string, readonly string[]>>;

let images = 0;
const image = (): SampleImage => makeImage({ seed: `conformance ${++images}`, layerSizes: [10] });

describe('E12–E15, E20–E22, E39: promotions', function () {
  this.timeout(180_000);
  let promoter: CommandLine;
  before(async () => (promoter = await openServedCommandLine()));
  after(() => promoter.close());

  /** Runs `cip` on a plain manifest in the lab, from `staging` to `prod` or to these. */
  async function cip(
    lab: Lab,
    wanted: Readonly<Record<string, Dmap>>,
    args: readonly string[] = [],
    destinations: readonly string[] = ['prod'],
  ): Promise<Ending & { readonly result: Result }> {
    const registries = [
      `{name: ${lab.at('staging')}, src: true}`,
      ...destinations.map((path) => `name: ${lab.at(path)}`),
    ];
    const manifest = {
      registries: registries.map((line) => `- ${line}\n`).join(''),
      images: Object.entries(wanted).map(([name, dmap]) => ({ name, dmap })),
    };
    const text = `registries:\n${manifest.registries}images: ${JSON.stringify(manifest.images)}\n`;
    let ending: Ending | undefined;
    await withTree({ 'manifest.yaml': text }, async (root) => {
      const file = join(root, 'manifest.yaml');
      ending = await promoter.run(['cip', '--manifest', file, '--sign=false', '--json', ...args]);
    });
    assert.ok(ending);
    return { ...ending, result: JSON.parse(ending.stdout) as Result };
  }

  const endpoints = (lab: Lab, edges: readonly Edge[] = []): Record<string, string> =>
    Object.fromEntries(
      edges.map(({ destination, tag, verdict }) => [
        `${destination.slice(lab.at('prod').length + 1)}:${tag ?? ''}`,
        verdict,
      ]),
    );

  it('E38: knows all tags of a repository with more than 10,000', async () => {
    const lab = await startLab({}, startGgcr);
    try {
      const [held, wanted] = [image(), image()];
      await lab.push('staging/app', wanted);
      await lab.push('prod/app', held);
      // The last of them in every order that a registry may list in.
      const tags = [...Array.from({ length: 10_050 }, (_, at) => `v${at}`), 'zzz'];
      await pMap(tags, (tag) => lab.client.putManifest(lab.at('prod/app'), tag as Tag, held.root), { concurrency: 64 });
      const dmap = { [wanted.root.digest]: ['zzz', 'new'] };
      const { exit, result, stderr } = await cip(lab, { app: dmap }, ['--confirm']);
      assert.equal(exit, 3, stderr);
      assert.deepEqual(
        result.quarantine.map(({ tag, reason }) => [tag, reason]),
        [['zzz', 'tag-move']],
      );
      assert.equal(await lab.digestAt('prod/app', 'zzz'), held.root.digest);
      assert.equal(await lab.digestAt('prod/app', 'new'), wanted.root.digest);
    } finally {
      await lab.stop();
    }
  });

  for (const { name, googleTags } of LISTINGS) {
    describe(`on a registry ${name}`, () => {
      let lab: Lab;
      before(async () => (lab = await startLab({ googleTags })));
      after(() => lab.stop());

      const [done, retagged, fresh, tagless, taglessThere, moved, movedTwice, other] = Array.from(
        { length: 8 },
        image,
      ) as [SampleImage, SampleImage, SampleImage, SampleImage, SampleImage, SampleImage, SampleImage, SampleImage];
      const index = makeIndex({ seed: 'conformance', platforms: ['linux/amd64', 'linux/arm64'], layerSizes: [10] });
      const artifact = makeArtifact({ artifactType: 'application/x-test', payload: randomBytes(10) });
      const lost = `sha256:${'0'.repeat(64)}`;
      const good: Readonly<Record<string, Dmap>> = {
        done: { [done.root.digest]: ['1'] },
        retagged: { [retagged.root.digest]: ['1', '2'] },
        'nested/path/fresh': { [fresh.root.digest]: ['1'] },
        index: { [index.root.digest]: ['1'] },
        artifact: { [artifact.root.digest]: ['1'] },
        tagless: { [tagless.root.digest]: [], [taglessThere.root.digest]: [] },
      };
      const bad: Readonly<Record<string, Dmap>> = {
        moved: { [moved.root.digest]: ['1'] },
        'moved-twice': { [movedTwice.root.digest]: ['1'] },
        lost: { [lost]: ['1'] },
        'lost-and-moved': { [lost]: ['1'] },
      };

      before(async () => {
        await lab.push('staging/done', done);
        await lab.push('prod/done', done, ['1']);
        await lab.push('staging/retagged', retagged);
        await lab.push('prod/retagged', retagged, ['1', 'kept']);
        await lab.push('staging/nested/path/fresh', fresh, ['other']);
        await lab.push('staging/index', index);
        await lab.push('staging/artifact', artifact);
        await lab.push('staging/tagless', tagless);
        await lab.push('staging/tagless', taglessThere);
        await lab.push('prod/tagless', taglessThere);
        await lab.push('staging/moved', moved);
        await lab.push('prod/moved', other, ['1']);
        await lab.push('staging/moved-twice', movedTwice);
        await lab.push('prod/moved-twice', movedTwice, ['2']);
        await lab.push('prod/moved-twice', other, ['1']);
        await lab.push('prod/lost-and-moved', other, ['1']);
        lab.proxy.clear();
      });

      it('E12–E15, E20: says what it would do to each edge, and writes nothing', async () => {
        const { exit, result, stderr } = await cip(lab, { ...good, ...bad });
        assert.equal(exit, 3, stderr);
        assert.deepEqual(endpoints(lab, result.plan), {
          'retagged:2': 'tag-missing',
          'nested/path/fresh:1': 'promote',
          'index:1': 'promote',
          'artifact:1': 'promote',
          'tagless:': 'promote',
        });
        const reasons = Object.fromEntries(
          result.quarantine.map(({ destination, reason }) => [destination.slice(lab.at('prod').length + 1), reason]),
        );
        assert.deepEqual(reasons, {
          moved: 'tag-move',
          'moved-twice': 'tag-move',
          lost: 'lost',
          'lost-and-moved': 'lost',
        });
        const messages = result.quarantine.map(({ message }) => message).join('\n');
        assert.match(
          messages,
          /tag '1' in dest .*\/prod\/moved points to sha256:.*, not sha256:.*; tag moves are not supported/,
        );
        assert.match(messages, /\/staging\/lost@sha256:0+ is _LOST_ \(can't find it in src registry!\)/);
        assert.match(messages, /lost-and-moved@.* is _LOST_ .*; besides, tag '1' in dest .*lost-and-moved points to/);
        assert.deepEqual(lab.writes(), []);
      });

      it('E13: promotes nothing when it is strict', async () => {
        lab.proxy.clear();
        const { exit, stderr } = await cip(lab, { ...good, ...bad }, ['--strict', '--confirm']);
        assert.equal(exit, 1);
        assert.match(stderr, /tag moves are not supported/);
        assert.deepEqual(
          lab.writes().filter((write) => write.startsWith('PUT')),
          [],
        );
      });

      it('E12, E13, E14, E22: promotes what can be, and leaves the rest as it was', async () => {
        const { exit, stderr } = await cip(lab, { ...good, ...bad }, ['--confirm']);
        assert.equal(exit, 3, stderr);
        const wanted = {
          'done:1': done,
          'retagged:1': retagged,
          'retagged:2': retagged,
          'retagged:kept': retagged,
          'nested/path/fresh:1': fresh,
          'index:1': index,
          'artifact:1': artifact,
          'moved:1': other,
          'moved-twice:1': other,
          'lost-and-moved:1': other,
        };
        for (const [endpoint, held] of Object.entries(wanted)) {
          const [path = '', tag = ''] = endpoint.split(':');
          assert.equal(await lab.digestAt(`prod/${path}`, tag), held.root.digest, endpoint);
        }
        for (const { digest } of index.manifests) assert.equal(await lab.digestAt('prod/index', digest), digest);
        assert.equal(await lab.digestAt('prod/tagless', tagless.root.digest), tagless.root.digest);
        assert.equal(await lab.digestAt('prod/moved', moved.root.digest), undefined);
        assert.equal(await lab.digestAt('prod/lost', '1'), undefined);
        // Source tags are no concern of a promotion.
        assert.equal(await lab.digestAt('prod/nested/path/fresh', 'other'), undefined);
      });

      it('E22: has nothing to do when it is asked again', async () => {
        lab.proxy.clear();
        const { exit, stderr } = await cip(lab, good, ['--confirm']);
        assert.equal(exit, 0, stderr);
        assert.deepEqual(lab.writes(), []);
      });

      it('E21: reads the registries and stops when it is to parse online', async () => {
        lab.proxy.clear();
        const { exit, stderr } = await cip(lab, { moved: bad['moved'] ?? {} }, ['--parse-only=online', '--confirm']);
        assert.equal(exit, 3, stderr);
        const { 'tags.list': lists = 0, 'manifest.head': looks = 0 } = lab.proxy.counts();
        assert.ok(lists + looks > 0);
        assert.deepEqual(lab.writes(), []);
      });

      it('E39: keeps apart registries whose names lie within one another', async () => {
        const [outer, inner] = [image(), image()];
        await lab.push('staging/sub/app', outer);
        await lab.push('staging/app', inner);
        const wanted = { 'sub/app': { [outer.root.digest]: ['outer'] }, app: { [inner.root.digest]: ['inner'] } };
        const destinations = ['e39', 'e39/sub'];
        const { exit, stderr } = await cip(lab, wanted, ['--confirm'], destinations);
        assert.equal(exit, 0, stderr);
        assert.equal(await lab.digestAt('e39/sub/app', 'outer'), outer.root.digest);
        assert.equal(await lab.digestAt('e39/sub/app', 'inner'), inner.root.digest);
        assert.equal(await lab.digestAt('e39/app', 'inner'), inner.root.digest);
        assert.equal(await lab.digestAt('e39/sub/sub/app', 'outer'), outer.root.digest);
        lab.proxy.clear();
        assert.equal((await cip(lab, wanted, ['--confirm'], destinations)).exit, 0);
        assert.deepEqual(lab.writes(), []);
      });
    });
  }
});
