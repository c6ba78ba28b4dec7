import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { readImageFacts } from '../../src/client/image-facts.ts';
import type { Digest, RepositoryName } from '../../src/reference.ts';
import type { ManifestContent } from '../../src/registry/registry.ts';

const REPOSITORY = 'host/app' as RepositoryName;
const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** A registry that holds some JSON documents, by their digests. */
function shelf() {
  const documents = new Map<Digest, ManifestContent>();
  const put = (mediaType: string, value: unknown) => {
    const bytes = Buffer.from(JSON.stringify(value));
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
    documents.set(digest, { digest, mediaType, bytes });
    return { mediaType, digest, size: bytes.length };
  };
  const registry = {
    getManifest: async (_repository: RepositoryName, digest: string) => documents.get(digest as Digest),
    openBlob: async (_repository: RepositoryName, { digest }: { digest: Digest }) =>
      Readable.from([documents.get(digest)?.bytes ?? Buffer.alloc(0)]),
  };
  const image = (architecture: string, config: object = {}, annotations?: object) => {
    const layer = { mediaType: 'layer', digest: `sha256:${'1'.repeat(64)}`, size: 1000 };
    const descriptor = put('config', { os: 'linux', architecture, ...config });
    const manifest = put(MANIFEST, { schemaVersion: 2, config: descriptor, layers: [layer, layer], annotations });
    return { ...manifest, transferred: 2000 + descriptor.size };
  };
  return { put, image, facts: (digest: Digest) => readImageFacts(registry, REPOSITORY, digest) };
}

describe('what an image says of itself', () => {
  it('is in its config and in its annotations', async () => {
    const { image, facts } = shelf();
    const labels = { 'org.opencontainers.image.source': 'https://example.com/old' };
    const config = { created: '2026-01-02T03:04:05Z', config: { Labels: labels } };
    const annotations = {
      'org.opencontainers.image.source': 'https://example.com/app',
      'org.opencontainers.image.revision': 'abc',
    };
    const { digest, transferred } = image('amd64', config, annotations);
    assert.deepEqual(await facts(digest), {
      platforms: ['linux/amd64'],
      bytes: transferred,
      created: '2026-01-02T03:04:05Z',
      sourceRepository: 'https://example.com/app',
      sourceCommit: 'abc',
    });
  });

  it('is summed over the platforms of an index, without what runs nowhere', async () => {
    const { put, image, facts } = shelf();
    const [amd, arm, attestation] = [image('amd64'), image('arm64', { variant: 'v8' }), image('unknown')];
    const { digest } = put(INDEX, {
      schemaVersion: 2,
      manifests: [
        { ...amd, platform: { os: 'linux', architecture: 'amd64' } },
        { ...arm, platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
        { ...attestation, platform: { os: 'unknown', architecture: 'unknown' } },
      ],
    });
    const { platforms, bytes } = await facts(digest);
    assert.deepEqual(platforms, ['linux/amd64', 'linux/arm64/v8']);
    assert.equal(bytes, amd.transferred + arm.transferred);
  });

  it('is little for what is no image', async () => {
    const { put, facts } = shelf();
    const { digest } = put(MANIFEST, {
      schemaVersion: 2,
      config: put('application/vnd.oci.empty.v1+json', {}),
      layers: [],
      annotations: { 'org.opencontainers.image.source': 7 },
    });
    assert.deepEqual(await facts(digest), { platforms: [], bytes: 2 });
  });

  it('cannot be had when a part is missing', async () => {
    const { put, facts } = shelf();
    const child = { mediaType: MANIFEST, digest: `sha256:${'0'.repeat(64)}`, size: 2 };
    const { digest } = put(INDEX, { schemaVersion: 2, manifests: [child] });
    await assert.rejects(facts(digest), { code: 'RegistryNotFound', message: /host\/app@sha256:0+ is not there/ });
  });
});
