import assert from 'node:assert/strict';
import { readRegistry, readWishes, withoutChildren, withTag } from '../../src/client/snapshot-source.ts';
import type { Snapshot } from '../../src/client/snapshot-text.ts';
import type { Digest, RegistryName, RepositoryName, Tag } from '../../src/reference.ts';
import type { HeldRepository } from '../../src/registry/walk.ts';
import { makeIndex } from '../../src/stack/sample-images.ts';
import { digestOf } from '../manifest/sample-bundle.ts';
import { manifest } from '../plan/support.ts';

const [A, B] = ['a', 'b'].map(digestOf) as [Digest, Digest];
const V1 = 'v1' as Tag;

function plainly(snapshot: Snapshot): Record<string, Record<string, readonly string[]>> {
  return Object.fromEntries([...snapshot].map(([name, digests]) => [name, Object.fromEntries(digests)]));
}

describe('what a registry holds', () => {
  it('is named from the registry on, also where the registry is a repository itself', async () => {
    async function* walk(): AsyncGenerator<HeldRepository> {
      const digests = new Map([[A, { tags: [V1], mediaType: '' }]]);
      yield { repository: 'host/prod' as RepositoryName, digests, complete: true };
      yield { repository: 'host/prod/sub/app' as RepositoryName, digests, complete: true };
    }
    const { images, incomplete } = await readRegistry({ walk }, 'host/prod' as RegistryName);
    assert.deepEqual(plainly(images), { '': { [A]: ['v1'] }, 'sub/app': { [A]: ['v1'] } });
    assert.equal(incomplete, false);
  });

  it('can be restricted to a tag: its digests keep all of theirs', () => {
    const held: Snapshot = new Map([
      ['app', new Map([[A, [V1, 'latest' as Tag]] as const, [B, ['v2' as Tag]] as const])],
      ['old', new Map<Digest, readonly Tag[]>([[B, []]])],
    ]);
    assert.deepEqual(plainly(withTag(held, 'v1')), { app: { [A]: ['v1', 'latest'] } });
  });
});

describe('what manifests want in a registry', () => {
  const manifests = [
    manifest('from', ['host/prod', 'host/prod/sub', 'host/prod2', 'other'], { app: { a: ['1'] } }),
    manifest('elsewhere', ['host/prod'], { app: { a: ['2'], b: [] }, 'sub/app': { a: [] } }),
  ];

  it('is named from the registry on, over all manifests', () => {
    assert.deepEqual(plainly(readWishes(manifests, 'host/prod' as RegistryName)), {
      app: { [A]: ['1', '2'], [B]: [] },
      'sub/app': { [A]: ['1'] },
    });
  });

  it('is nothing in a registry whose name only begins alike', () => {
    assert.deepEqual(plainly(readWishes(manifests, 'host/pro' as RegistryName)), {});
  });
});

describe('a minimal snapshot', () => {
  const index = makeIndex({ seed: 'minimal', platforms: ['linux/amd64', 'linux/arm64'], layerSizes: [10] });
  const [child, other] = index.manifests.map(({ digest }) => digest) as [Digest, Digest];
  const indexes = [{ repository: 'host/prod/app' as RepositoryName, digest: index.root.digest }];
  const held = new Map([
    ['app', new Map<Digest, readonly Tag[]>([[index.root.digest, [V1]] as const, [child, []] as const])],
    ['elsewhere', new Map<Digest, readonly Tag[]>([[child, []] as const, [other, [V1]] as const, [A, []] as const])],
  ]);

  it('has no tagless children of indexes, whichever repository they are in', async () => {
    const minimal = await withoutChildren({ getManifest: async () => index.root }, held, indexes, assert.fail);
    assert.deepEqual(plainly(minimal), {
      app: { [index.root.digest]: ['v1'] },
      elsewhere: { [other]: ['v1'], [A]: [] },
    });
  });

  it('keeps the children of an index that cannot be read, and says so', async () => {
    const notes: string[] = [];
    const getManifest = () => Promise.reject(new Error('gone'));
    const minimal = await withoutChildren({ getManifest }, held, indexes, (note) => notes.push(note));
    assert.deepEqual(plainly(minimal), plainly(held));
    assert.deepEqual(notes, [`warning: failed to read manifest list host/prod/app@${index.root.digest}: gone`]);
  });

  it('asks for no index when everything has a tag', async () => {
    const tagged: Snapshot = new Map([['app', new Map([[index.root.digest, [V1]]])]]);
    assert.equal(await withoutChildren({ getManifest: assert.fail }, tagged, indexes, assert.fail), tagged);
  });
});
