import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PromoterError } from '../../src/errors.ts';
import type { Digest } from '../../src/reference.ts';
import { parseAttachmentManifest } from '../../src/signing/attachment-manifest.ts';
import { parseBundle } from '../../src/signing/bundle.ts';
import { parseStatement, statementBytes } from '../../src/signing/statement.ts';

const DIGEST = `sha256:${'a'.repeat(64)}` as Digest;

describe('in-toto statements', () => {
  it('reads back what it wrote', () => {
    const subject = { name: 'registry.k8s.io/pause', digest: DIGEST, annotations: { team: 'release' } };
    assert.deepEqual(parseStatement(statementBytes(subject, 'https://example.test/type', { a: 1 })), {
      version: 'v1',
      subjects: [subject],
      predicateType: 'https://example.test/type',
      predicate: { a: 1 },
    });
  });

  it('reads version 0.1, and leaves out subjects that cannot be images', () => {
    const statement = {
      _type: 'https://in-toto.io/Statement/v0.1',
      subject: [{ digest: { sha1: 'x' } }, { digest: { sha256: 'a'.repeat(64) } }, { digest: { sha256: 'A' } }, 3],
      predicateType: 'x',
    };
    const { version, subjects } = parseStatement(Buffer.from(JSON.stringify(statement)));
    assert.equal(version, 'v0.1');
    assert.deepEqual(subjects, [{ digest: DIGEST }]);
  });

  it('refuses other versions', () => {
    for (const type of ['https://in-toto.io/Statement/v2', 'toString', undefined]) {
      const statement = JSON.stringify({ _type: type, subject: [], predicateType: 'x' });
      assert.throws(() => parseStatement(Buffer.from(statement)), { code: 'SignatureInvalid' });
    }
  });
});

describe('parsers of what others attach', () => {
  const anything = fc.oneof(
    fc.uint8Array(),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .record(
        {
          _type: fc.constant('https://in-toto.io/Statement/v1'),
          subject: fc.jsonValue(),
          predicateType: fc.jsonValue(),
          mediaType: fc.constantFrom('application/vnd.dev.sigstore.bundle.v0.3+json', 'x'),
          verificationMaterial: fc.jsonValue(),
          dsseEnvelope: fc.jsonValue(),
          config: fc.jsonValue(),
          layers: fc.jsonValue(),
        },
        { requiredKeys: ['_type'] },
      )
      .map((value) => Buffer.from(JSON.stringify(value))),
  );
  for (const parse of [parseStatement, parseBundle, parseAttachmentManifest]) {
    it(`${parse.name} throws nothing but SignatureInvalid at any bytes`, () => {
      fc.assert(
        fc.property(anything, (bytes) => {
          try {
            parse(bytes);
          } catch (error) {
            assert.ok(error instanceof PromoterError && error.code === 'SignatureInvalid', String(error));
          }
        }),
        { numRuns: 500 },
      );
    });
  }
});
