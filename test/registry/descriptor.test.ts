import assert from 'node:assert/strict';
import { descriptorsOf, isDescriptor } from '../../src/registry/descriptor.ts';
import { digestOf } from './content.ts';

const DESCRIPTOR = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf('child'), size: 7 };

describe('a descriptor', () => {
  it('has a media type, a digest that we can compute, and a size', () => {
    assert.ok(isDescriptor(DESCRIPTOR));
    assert.ok(isDescriptor({ ...DESCRIPTOR, size: 0, annotations: { any: 'thing' } }));
  });

  it('has nothing else in their places', () => {
    for (const [field, values] of Object.entries({
      mediaType: [undefined, 7, null],
      digest: [undefined, 7, 'sha256:short', `sha512:${'0'.repeat(128)}`, [DESCRIPTOR.digest]],
      size: [undefined, '7', -1, 1.5, 2 ** 53, Number.NaN],
    })) {
      for (const value of values) {
        assert.equal(isDescriptor({ ...DESCRIPTOR, [field]: value }), false, `${field}: ${String(value)}`);
      }
    }
    for (const value of [undefined, null, 'text', 7, []]) assert.equal(isDescriptor(value), false, String(value));
  });

  it('is found in an index, and nothing in anything else', () => {
    assert.deepEqual(descriptorsOf({ manifests: [DESCRIPTOR, null, { digest: 7 }] }), [DESCRIPTOR]);
    for (const index of [undefined, null, 7, {}, { manifests: null }, { manifests: { 0: DESCRIPTOR } }]) {
      assert.deepEqual(descriptorsOf(index), []);
    }
  });
});
