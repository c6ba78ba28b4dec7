import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PromoterError } from '../../src/errors.ts';
import {
  blobOf,
  bundleManifest,
  digestOf,
  isDescriptor,
  layeredManifest,
  parseAttachmentManifest,
} from '../../src/signing/attachment-manifest.ts';
import { BUNDLE_V03, OCI_CONFIG, OCI_EMPTY, OCI_MANIFEST } from '../../src/signing/media-types.ts';

const LAYER = blobOf('text/plain', Buffer.from('layer'), { key: 'value' }).descriptor;
const SUBJECT = blobOf(OCI_MANIFEST, Buffer.from('subject'), { left: 'out' }).descriptor;
const GOOD = { schemaVersion: 2, config: LAYER, layers: [LAYER] };

function parsed(value: unknown) {
  return parseAttachmentManifest(Buffer.from(JSON.stringify(value)));
}

describe('the manifest of what is attached', () => {
  it('of layers is read back, with a configuration that goes with them', () => {
    const { manifest, config } = layeredManifest([LAYER, SUBJECT]);
    assert.equal(manifest.digest, digestOf(manifest.bytes));
    assert.deepEqual(parseAttachmentManifest(manifest.bytes), {
      config: config.descriptor,
      layers: [LAYER, SUBJECT],
      annotations: {},
    });
    const created = '0001-01-01T00:00:00Z';
    assert.equal(config.descriptor.mediaType, OCI_CONFIG);
    assert.deepEqual(JSON.parse(Buffer.from(config.bytes).toString()), {
      architecture: '',
      created,
      history: [{ created }, { created }],
      os: '',
      rootfs: { type: 'layers', diff_ids: [LAYER.digest, SUBJECT.digest] },
      config: {},
    });
  });

  it('of a bundle is read back, with its subject as it is', () => {
    const created = new Date('2026-01-02T03:04:05.678Z');
    const { bytes, mediaType } = bundleManifest(SUBJECT, LAYER, 'https://slsa.dev/provenance/v1', created);
    const { mediaType: type, digest, size } = SUBJECT;
    const { config, ...read } = parseAttachmentManifest(bytes);
    assert.equal(mediaType, OCI_MANIFEST);
    assert.deepEqual([config.mediaType, config.size, config.digest], [OCI_EMPTY, 2, digestOf(Buffer.from('{}'))]);
    assert.deepEqual(read, {
      layers: [LAYER],
      subject: { mediaType: type, digest, size },
      artifactType: BUNDLE_V03,
      annotations: {
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1',
        'org.opencontainers.image.created': '2026-01-02T03:04:05Z',
      },
    });
  });

  it('is refused when it is not one, saying so', () => {
    assert.throws(
      () => parseAttachmentManifest(Buffer.from('{')),
      (error: PromoterError) => {
        assert.deepEqual([error.code, error.message], ['SignatureInvalid', 'the attached manifest is not JSON']);
        assert.ok(error.cause instanceof SyntaxError);
        return true;
      },
    );
    const wrong = [null, 1, {}, { ...GOOD, config: 1 }, { ...GOOD, layers: {} }, { ...GOOD, layers: [LAYER, 1] }];
    for (const value of wrong) {
      assert.throws(() => parsed(value), {
        code: 'SignatureInvalid',
        message: 'what is attached is not an OCI image manifest',
      });
    }
  });

  it('has what is optional and makes no sense left out', () => {
    const nonsense = { subject: { digest: 'x' }, artifactType: 1, annotations: { a: 'b', c: 1 } };
    assert.deepEqual(parsed({ ...GOOD, ...nonsense }), { config: LAYER, layers: [LAYER], annotations: {} });
    assert.deepEqual(parsed({ ...GOOD, annotations: 'text' }).annotations, {});
    assert.deepEqual(parsed({ ...GOOD, annotations: null }).annotations, {});
    assert.equal(parsed({ ...GOOD, artifactType: 'a/b' }).artifactType, 'a/b');
  });

  it('is taken or refused with this error, whatever it is', () => {
    const descriptor = fc.record({
      mediaType: fc.string(),
      digest: fc.constantFrom(LAYER.digest, 'x'),
      size: fc.integer(),
    });
    const part = fc.oneof(fc.jsonValue(), descriptor, fc.array(descriptor));
    const manifest = fc.record({ config: part, layers: part, subject: part, annotations: part, artifactType: part });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), manifest), (value) => {
        try {
          const { config, layers, subject } = parsed(value);
          assert.ok([config, ...layers, ...(subject === undefined ? [] : [subject])].every(isDescriptor));
        } catch (error) {
          assert.ok(error instanceof PromoterError && error.code === 'SignatureInvalid', String(error));
        }
      }),
    );
  });
});

describe('a descriptor', () => {
  it('has a media type, a digest and a size', () => {
    for (const good of [
      LAYER,
      { ...LAYER, size: 0 },
      { ...LAYER, annotations: undefined },
      { ...LAYER, annotations: null },
    ]) {
      assert.equal(isDescriptor(good), true);
    }
    const wrong: readonly unknown[] = [
      null,
      'text',
      { ...LAYER, mediaType: 1 },
      { ...LAYER, digest: 1 },
      { ...LAYER, digest: 'sha256:1' },
      { ...LAYER, size: -1 },
      { ...LAYER, size: 1.5 },
      { ...LAYER, size: '1' },
      { ...LAYER, annotations: 'text' },
      { ...LAYER, annotations: { a: 'b', c: 1 } },
    ];
    for (const value of wrong) assert.equal(isDescriptor(value), false, JSON.stringify(value));
  });
});
