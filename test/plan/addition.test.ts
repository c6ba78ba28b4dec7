import assert from 'node:assert/strict';
import type { Manifest } from '../../src/manifest/manifest.ts';
import { redirect, settledElsewhere } from '../../src/plan/addition.ts';
import type { Digest, RegistryName, RepositoryName } from '../../src/reference.ts';

const NEW = 'mirror.example/images' as RegistryName;
const DIGEST = `sha256:${'a'.repeat(64)}` as Digest;

function manifestTo(...destinations: readonly string[]): Manifest {
  return {
    file: 'promoter-manifest.yaml',
    source: 'staging.example/app' as RegistryName,
    destinations: destinations as readonly RegistryName[],
    images: [],
  };
}

const destinationsOf = (manifests: readonly Manifest[]): readonly (readonly string[])[] =>
  manifests.map(({ destinations }) => destinations);

describe('manifests with another destination', () => {
  it('name it alone, where all of them name one', () => {
    const manifests = [manifestTo('a.example/x', 'prod.example/images'), manifestTo('prod.example/images')];
    assert.deepEqual(destinationsOf(redirect(manifests, NEW)), [[NEW], [NEW]]);
  });

  it('keep the paths below what it is to be like, and leave out what is elsewhere', () => {
    const manifests = [
      manifestTo('prod.example/images/etcd', 'other.example/images/etcd'),
      manifestTo('prod.example/images'),
      manifestTo('prod.example/images-old/kind'),
    ];
    assert.deepEqual(destinationsOf(redirect(manifests, NEW, 'prod.example/images')), [[`${NEW}/etcd`], [NEW]]);
  });

  it('cannot be made where nobody says what it is to be like, or where nothing is', () => {
    const manifests = [manifestTo('prod.example/images/etcd'), manifestTo('prod.example/images/kind')];
    assert.throws(() => redirect(manifests, NEW), /to different registries: say which/);
    assert.throws(
      () => redirect(manifests, NEW, 'prod.example/image'),
      /nothing to prod\.example\/image, .*they name .*images\/kind/,
    );
  });
});

describe('groups for another destination', () => {
  it('know where else their digest is, so that it is signed in one place', () => {
    const source = 'staging.example/app/web' as RepositoryName;
    const group = { source, digest: DIGEST, targets: [], settled: [] };
    const elsewhere = ['prod.example/images/web' as RepositoryName];
    const wishes = [{ source, destinations: elsewhere, digests: [{ digest: DIGEST, tags: [] }] }];
    assert.deepEqual(settledElsewhere([group], wishes), [{ ...group, settled: elsewhere }]);
  });
});
