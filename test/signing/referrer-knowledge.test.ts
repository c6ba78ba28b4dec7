import assert from 'node:assert/strict';
import type { Digest, RepositoryName } from '../../src/reference.ts';
import type { ManifestContent } from '../../src/registry/registry.ts';
import { blobOf } from '../../src/signing/attachment-manifest.ts';
import { explainUntagged, learnChildren, NO_KNOWLEDGE } from '../../src/signing/referrer-knowledge.ts';
import type { SignatureSet } from '../../src/signing/signature-set.ts';

const REPOSITORY = 'a.test/prod/app' as RepositoryName;

function manifest(content: object): ManifestContent {
  const { descriptor, bytes } = blobOf(
    'application/vnd.oci.image.manifest.v1+json',
    Buffer.from(JSON.stringify(content)),
  );
  return { ...descriptor, bytes };
}

/** A repository that counts what is read of it. */
function repositoryOf(manifests: readonly ManifestContent[]) {
  const read: Digest[] = [];
  return {
    read,
    getManifest: async (_: RepositoryName, reference: string): Promise<ManifestContent | undefined> => {
      read.push(reference as Digest);
      return manifests.find(({ digest }) => digest === reference);
    },
  };
}

function setOf(all: readonly ManifestContent[], untagged: readonly ManifestContent[]): SignatureSet {
  const digests = (ones: readonly ManifestContent[]): Set<Digest> => new Set(ones.map(({ digest }) => digest));
  return { tags: new Map(), digests: digests(all), untagged: digests(untagged) };
}

const amd64 = manifest({ config: {}, platform: 'amd64' });
const arm64 = manifest({ config: {}, platform: 'arm64' });
const index = manifest({ manifests: [{ digest: amd64.digest }, { digest: arm64.digest }] });
const referrer = manifest({ subject: { digest: index.digest } });
const broken: ManifestContent = { ...manifest({ broken: true }), bytes: Buffer.from('not JSON') };

describe('knowledge of referrers', () => {
  it('tells referrers from children by reading the index, and each manifest once in its life', async () => {
    const registry = repositoryOf([amd64, arm64, index, referrer]);
    const set = setOf([amd64, arm64, index, referrer], [amd64, arm64, referrer]);
    const promoted = new Set([index.digest]);
    const known = await explainUntagged(registry, REPOSITORY, set, promoted);
    assert.deepEqual(known.referrers, [{ digest: referrer.digest, subject: index.digest }]);
    assert.deepEqual([...registry.read].sort(), [index.digest, referrer.digest].sort());
    assert.equal(await explainUntagged(registry, REPOSITORY, set, promoted, known), known);
    assert.equal(registry.read.length, 2);
  });

  it('forgets a referrer that is gone', async () => {
    const registry = repositoryOf([index, referrer]);
    const promoted = new Set([index.digest]);
    const known = await explainUntagged(registry, REPOSITORY, setOf([index, referrer], [referrer]), promoted);
    const after = await explainUntagged(registry, REPOSITORY, setOf([index], []), promoted, known);
    assert.deepEqual(after.referrers, []);
  });

  it('takes what it cannot read for no referrer', async () => {
    const registry = repositoryOf([broken]);
    const known = await explainUntagged(registry, REPOSITORY, setOf([broken], [broken]), new Set());
    assert.deepEqual([known.referrers, known.others], [[], [broken.digest]]);
  });

  it('learns the children of what is promoted, once', async () => {
    const registry = repositoryOf([index, amd64]);
    const promoted = new Set([index.digest]);
    const known = await learnChildren(registry, REPOSITORY, promoted, NO_KNOWLEDGE);
    assert.deepEqual([...known.children].sort(), [amd64.digest, arm64.digest].sort());
    assert.equal(await learnChildren(registry, REPOSITORY, promoted, known), known);
  });
});
