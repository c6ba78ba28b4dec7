import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PromoterError } from '../../src/errors.ts';
import type { Digest } from '../../src/reference.ts';
import { includesAnnotations, parseSimpleSigning, simpleSigningPayload } from '../../src/signing/simple-signing.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as Digest;

describe('the payload of a legacy signature', () => {
  it('is what cosign writes, without annotations', () => {
    const payload = simpleSigningPayload({ dockerReference: 'registry.k8s.io/pause', digest: DIGEST, annotations: {} });
    assert.equal(
      payload.toString(),
      '{"critical":{"identity":{"docker-reference":"registry.k8s.io/pause"},' +
        `"image":{"docker-manifest-digest":"${DIGEST}"},"type":"cosign container image signature"},"optional":null}`,
    );
  });

  it("sorts annotations by their bytes and escapes as Go's encoder does", () => {
    const annotations = { b: '<&>', '9': '\u2028', a: '"', '10': '' };
    const payload = simpleSigningPayload({ dockerReference: 'r', digest: DIGEST, annotations });
    assert.match(payload.toString(), /"optional":\{"10":"","9":"\\u2028","a":"\\"","b":"\\u003c\\u0026\\u003e"\}\}$/);
  });

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.dictionary(
          fc.string().filter((name) => name !== '__proto__'),
          fc.string(),
        ),
        (dockerReference, annotations) => {
          const claims = { dockerReference, digest: DIGEST, annotations: { ...annotations } };
          assert.deepEqual(parseSimpleSigning(simpleSigningPayload(claims)), claims);
        },
      ),
    );
  });

  it('names an image, by digest and by name', () => {
    const image = { 'docker-manifest-digest': DIGEST };
    const identity = { 'docker-reference': 'r' };
    const type = 'cosign container image signature';
    const parse = (critical: object) => parseSimpleSigning(Buffer.from(JSON.stringify({ critical })));
    assert.equal(parse({ image, identity, type }).dockerReference, 'r');
    for (const [critical, message] of [
      [{ image: { 'docker-manifest-digest': 'sha256:short' }, identity, type }, 'its payload names no image'],
      [{ image: { 'docker-manifest-digest': 7 }, identity, type }, 'its payload names no image'],
      [{ image, identity: {}, type }, 'its payload names no image'],
      [{ image, identity, type: 'another' }, 'its payload is of another type'],
      [{ image, type }, 'its payload is not built as a container signature is'],
    ] as const) {
      assert.throws(() => parse(critical), { code: 'SignatureInvalid', message });
    }
  });

  it('throws nothing but SignatureInvalid at any bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record({ critical: fc.jsonValue(), optional: fc.jsonValue() })
        .map((value) => Buffer.from(JSON.stringify(value))),
    );
    fc.assert(
      fc.property(bytes, (payload) => {
        try {
          parseSimpleSigning(payload);
        } catch (error) {
          assert.ok(error instanceof PromoterError && error.code === 'SignatureInvalid');
        }
      }),
    );
  });

  it('compares annotations by name and value', () => {
    assert.equal(includesAnnotations({ a: '1', b: '2' }, { a: '1' }), true);
    assert.equal(includesAnnotations({ a: '1' }, { a: '2' }), false);
    assert.equal(includesAnnotations({}, { toString: 'x' }), false);
  });
});
