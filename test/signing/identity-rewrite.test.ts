import assert from 'node:assert/strict';
import { parseRepository } from '../../src/reference.ts';
import { canonicalOf, imageIdentity } from '../../src/signing/identity-rewrite.ts';

describe('the name under which users pull', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['us-west2-docker.pkg.dev/k8s-artifacts-prod/images/kubernetes/pause', 'registry.k8s.io/kubernetes/pause'],
    ['us-central1-docker.pkg.dev/k8s-artifacts-prod/images/pause', 'registry.k8s.io/pause'],
    ['gcr.io/foo/bar', 'gcr.io/foo/bar'],
    ['gcr.io/k8s-artifacts-prod/images-old/pause', 'gcr.io/k8s-artifacts-prod/images-old/pause'],
    ['gcr.io/not-k8s-artifacts-prod/images/pause', 'gcr.io/not-k8s-artifacts-prod/images/pause'],
  ];
  for (const [repository, identity] of cases) {
    it(`of ${repository} is ${identity}`, () => assert.equal(imageIdentity(parseRepository(repository)), identity));
  }

  it('follows configured rules, the first that matches', () => {
    const rules = [
      { match: 'mirror.test/prod', replace: 'images.test' },
      { match: 'prod', replace: 'never' },
    ];
    assert.equal(imageIdentity(parseRepository('mirror.test/prod/a'), rules), 'images.test/a');
    assert.equal(imageIdentity(parseRepository('other.test/x/prod/a'), rules), 'never/a');
    assert.throws(() => imageIdentity(parseRepository('a.test/b'), [{ match: '', replace: 'x' }]), {
      code: 'ConfigInvalid',
    });
  });

  it('is signed first on us-central1, else on the first by name, else where one says', () => {
    const names = ['us-west1', 'europe-west1', 'us-central1'].map((region) =>
      parseRepository(`${region}-docker.pkg.dev/k8s-artifacts-prod/images/pause`),
    );
    assert.equal(canonicalOf(names), names[2]);
    assert.equal(canonicalOf(names.slice(0, 2)), names[1]);
    assert.equal(canonicalOf(names, 'us-west1-docker.pkg.dev'), names[0]);
    assert.equal(canonicalOf([]), undefined);
  });
});
