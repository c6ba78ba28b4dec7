import assert from 'node:assert/strict';
import fc from 'fast-check';
import { contradictionIn, embeddedMediaType } from '../../src/registry/manifest-type.ts';
import { V1, withHost } from './client-on-host.ts';
import { digestOf } from './content.ts';
import { reply } from './http-host.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const IMAGE = 'application/vnd.oci.image.manifest.v1+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';

const LINK = { mediaType: 'x/y', digest: digestOf('x'), size: 1 };

describe('the type of a manifest', () => {
  it('is one alone, for whoever reads it', async () => {
    for (const [servedAs, manifest, message] of [
      [
        INDEX,
        { mediaType: IMAGE, config: LINK, layers: [LINK] },
        /as \S+index\S+ what says that it is \S+manifest\.v1/,
      ],
      [IMAGE, { mediaType: INDEX, manifests: [LINK] }, /what says that it is \S+index/],
      [IMAGE, { manifests: [LINK] }, /what lists manifests/],
      [IMAGE, { config: LINK, layers: [LINK], manifests: [LINK] }, /what lists manifests/],
      [DOCKER_LIST, { manifests: [LINK], layers: [LINK] }, /what has layers or a config/],
      ['text/plain', { manifests: [LINK], config: LINK }, /what has layers or a config/],
    ] as const) {
      await withHost(
        (_request, response) => reply(response, 200, { 'content-type': servedAs }, manifest),
        ({ registry, repository }) =>
          assert.rejects(registry.getManifest(repository, V1), { code: 'RegistryProtocol', message }),
      );
    }
  });

  it('may be one that nobody knows yet, and its fields any', () => {
    assert.equal(contradictionIn('application/vnd.future+json', { manifests: [LINK], layers: [LINK] }), undefined);
    assert.equal(contradictionIn(INDEX, { mediaType: INDEX, manifests: [LINK], layers: [] }), undefined);
    assert.equal(contradictionIn(IMAGE, { layers: [LINK], config: LINK, manifests: null }), undefined);
  });

  it('is told by itself, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (manifest) => {
        const type = embeddedMediaType(manifest);
        assert.ok(type === '' || typeof (contradictionIn(type, manifest) ?? '') === 'string');
      }),
    );
  });
});
