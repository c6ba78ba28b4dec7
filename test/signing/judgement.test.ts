import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PromoterError } from '../../src/errors.ts';
import type { Attachment } from '../../src/signing/attachments.ts';
import { bundleBytes } from '../../src/signing/bundle.ts';
import { compilePolicy } from '../../src/signing/identity-policy.ts';
import { judge } from '../../src/signing/judgement.ts';
import { LOG_ANNOTATION, PROMOTION } from '../../src/signing/media-types.ts';
import { sealEnvelope } from '../../src/signing/seal.ts';
import { parseTrustRoot } from '../../src/signing/trust-root.ts';
import type { SignatureVerdict } from '../../src/signing/verdict.ts';
import { createMemoryLog, createMemorySigner } from '../support/memory-log.ts';
import { edited, flipped, reworded } from '../support/tampering.ts';
import { SIGNED, bundleAttachment, fixtureOptions, legacyAttachment } from './fixtures/signed.ts';

const OPTIONS = fixtureOptions();
const WANTED = fixtureOptions({
  claims: { dockerReference: SIGNED.identity, annotations: { team: 'release' } },
});

describe('judging what is attached', function judging() {
  // Hundreds of verifications take longer while other programs share the machine.
  this.timeout(20_000);
  it('verifies a legacy signature and reads what it says', () => {
    const verdict = judge(legacyAttachment(), WANTED);
    assert.deepEqual([verdict.status, verdict.kind], ['verified', 'signature'], verdict.reason);
    assert.equal(verdict.dockerReference, SIGNED.identity);
    assert.deepEqual(verdict.annotations, { team: 'release' });
    assert.deepEqual(verdict.signer, { kind: 'certificate', identity: SIGNED.email, issuer: SIGNED.issuer });
    assert.equal(verdict.log[0]?.kind, 'hashedrekord 0.0.1');
  });

  it('verifies a signature bundle, logged in Rekor v1 and in Rekor v2', () => {
    const v1 = judge(bundleAttachment(SIGNED.signature), WANTED);
    assert.deepEqual([v1.status, v1.kind], ['verified', 'signature'], v1.reason);
    const { digest, signature } = SIGNED.withRekorV2;
    const v2 = judge(bundleAttachment(signature), { ...WANTED, digest });
    assert.deepEqual([v2.status, v2.kind], ['verified', 'signature'], v2.reason);
  });

  it('verifies an attestation and hands out its statement', () => {
    const verdict = judge(bundleAttachment(SIGNED.attestation), OPTIONS);
    assert.deepEqual([verdict.status, verdict.kind], ['verified', 'attestation'], verdict.reason);
    assert.equal(verdict.statement?.predicateType, PROMOTION);
    assert.deepEqual(verdict.statement.predicate, { digest: SIGNED.digest });
  });

  it('says of a stranger that nothing is wrong but who it is', () => {
    const policy = compilePolicy({ rules: [{ identity: { exactly: 'x@y.z' }, issuer: { exactly: SIGNED.issuer } }] });
    const verdict = judge(legacyAttachment(), fixtureOptions({ policy }));
    assert.equal(verdict.status, 'untrusted-identity');
    assert.match(verdict.reason, /krel-trust@example\.test \(issuer .*\), who is not accepted here/);
  });

  const digest = `sha256:${'0'.repeat(64)}` as typeof SIGNED.digest;
  const refused: readonly (readonly [string, () => SignatureVerdict, RegExp])[] = [
    ["another image's legacy signature", () => judge(legacyAttachment(), { ...OPTIONS, digest }), /is about sha256/],
    [
      "another image's bundle",
      () => judge(bundleAttachment(SIGNED.signature), { ...OPTIONS, digest }),
      /is about sha256/,
    ],
    [
      'a legacy signature for another name',
      () => judge(legacyAttachment(), fixtureOptions({ claims: { dockerReference: 'registry.k8s.io/other' } })),
      /names the image registry\.k8s\.io\/test\/app, not registry\.k8s\.io\/other/,
    ],
    [
      'a missing annotation',
      () => judge(legacyAttachment(), fixtureOptions({ claims: { annotations: { team: 'x' } } })),
      /lacks the annotations/,
    ],
    [
      'an edited payload',
      () => judge(legacyAttachment(SIGNED.legacy.payload.replace('release', 'attack!')), OPTIONS),
      /digest mismatch|signature/,
    ],
    ['a legacy signature without annotations', () => judge(legacyAttachment(undefined, {}), OPTIONS), /no signature/],
    [
      'a log annotation that is not JSON',
      () => judge(legacyAttachment(undefined, { ...SIGNED.legacy.annotations, [LOG_ANNOTATION]: 'x' }), OPTIONS),
      /annotations cannot be read/,
    ],
    [
      'an edited statement',
      () => {
        const path = ['dsseEnvelope', 'payload'];
        const change = (payload: string): string => reworded(payload, 'release', 'attack!');
        return judge(bundleAttachment(edited(SIGNED.signature, path, change)), OPTIONS);
      },
      /hash mismatch|signature/,
    ],
    [
      'a flipped certificate',
      () => {
        const path = ['verificationMaterial', 'certificate', 'rawBytes'];
        return judge(bundleAttachment(edited(SIGNED.signature, path, flipped)), OPTIONS);
      },
      /./,
    ],
    ['a bundle that is none', () => judge(bundleAttachment({ mediaType: 'x' }), OPTIONS), /not a Sigstore bundle/],
  ];
  for (const [name, verdict, reason] of refused) {
    it(`calls ${name} invalid, and says why`, () => {
      const { status, reason: said } = verdict();
      assert.equal(status, 'invalid');
      assert.match(said, reason);
    });
  }

  for (const [when, validFor] of [
    ['have ended', { start: '2001-01-01T00:00:00Z', end: '2001-12-31T00:00:00Z' }],
    ['are yet to begin', { start: '2999-01-01T00:00:00Z', end: '2999-12-31T00:00:00Z' }],
  ] as const) {
    it(`believes no certificate of an authority whose days ${when} at the time of the signature`, () => {
      const root = edited(SIGNED.trustedRoot, ['certificateAuthorities', 0, 'validFor'], () => validFor);
      const trust = parseTrustRoot(JSON.stringify(root), 'the fixture');
      for (const attachment of [legacyAttachment(), bundleAttachment(SIGNED.signature)]) {
        assert.equal(judge(attachment, OPTIONS).status, 'verified');
        const { status, reason } = judge(attachment, fixtureOptions({ trust }));
        assert.deepEqual([status, reason === ''], ['invalid', false]);
      }
    });
  }

  it('calls a statement that nobody signed unverifiable', () => {
    const content = Buffer.from('{"_type":"https://in-toto.io/Statement/v1","predicateType":"x","subject":[]}');
    const attachment: Attachment = { ...legacyAttachment(), format: 'att-tag', content };
    assert.equal(judge(attachment, OPTIONS).status, 'unverifiable');
  });

  it('calls what is not about an image invalid, however well it is signed', async () => {
    const log = createMemoryLog();
    const signer = createMemorySigner();
    const policy = compilePolicy({ publicKeys: [signer.publicKey] });
    const { bundle } = await sealEnvelope(signer, [log.witness], 'text/plain', Buffer.from('a note'));
    const content = bundleBytes(bundle);
    const attachment: Attachment = { ...bundleAttachment({}), content };
    const { status, reason } = judge(attachment, { digest: SIGNED.digest, trust: log.trust, policy });
    assert.deepEqual([status, reason], ['invalid', "its payload is 'text/plain', not an in-toto statement"]);
  });

  it('calls an envelope without signatures unverifiable, and one with anything else in their place invalid', () => {
    const verdictOf = (document: object): string => {
      const content = Buffer.from(JSON.stringify(document));
      return judge({ ...legacyAttachment(), format: 'att-tag', content }, OPTIONS).status;
    };
    assert.equal(verdictOf({ payload: 'e30=', payloadType: 'x', signatures: [] }), 'unverifiable');
    assert.equal(verdictOf({ payload: 'e30=', payloadType: 'x', signatures: [{ sig: 'eA==' }] }), 'invalid');
    assert.equal(verdictOf({ payload: 'e30=', payloadType: 'x', signatures: { length: 0 } }), 'invalid');
  });

  it('passes on why content could not be had', () => {
    const content = new PromoterError('SignatureInvalid', 'its content is missing');
    const { status, reason } = judge({ ...legacyAttachment(), content }, OPTIONS);
    assert.deepEqual([status, reason], ['invalid', 'its content is missing']);
  });

  it('never throws, and never believes, whatever bytes are attached', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('sig-tag', 'att-tag', 'bundle' as const),
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        fc.dictionary(fc.constantFrom(...Object.keys(SIGNED.legacy.annotations)), fc.oneof(fc.string(), fc.json())),
        (format, bytes, annotations) => {
          const attachment = { ...legacyAttachment(undefined, annotations), format, content: Buffer.from(bytes) };
          assert.notEqual(judge(attachment, OPTIONS).status, 'verified');
        },
      ),
    );
  });

  for (const [name, source] of [
    ['signature bundle', SIGNED.signature],
    ['attestation', SIGNED.attestation],
    ['bundle with Rekor v2', SIGNED.withRekorV2.signature],
  ] as const) {
    it(`never throws on a ${name} in which anything was replaced`, () => {
      const paths = pathsIn(source);
      fc.assert(
        fc.property(fc.constantFrom(...paths), fc.jsonValue(), (path, value) => {
          const verdict = judge(bundleAttachment(edited(source, path, () => value)), OPTIONS);
          assert.ok(verdict.reason.length > 0);
        }),
        { numRuns: 100 },
      );
    });
  }

  it('never throws on a legacy layer in which anything of the log entry was replaced', () => {
    const log: unknown = JSON.parse(SIGNED.legacy.annotations[LOG_ANNOTATION] ?? '');
    fc.assert(
      fc.property(fc.constantFrom(...pathsIn(log)), fc.jsonValue(), (path, value) => {
        const annotation = JSON.stringify(edited(log, path, () => value));
        const annotations = { ...SIGNED.legacy.annotations, [LOG_ANNOTATION]: annotation ?? 'undefined' };
        assert.notEqual(judge(legacyAttachment(undefined, annotations), OPTIONS).reason, '');
      }),
    );
  });
});

/** The paths of all values inside JSON, its own included. */
function pathsIn(json: unknown, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof json !== 'object' || json === null) return [path];
  const inside = Array.isArray(json)
    ? json.map((value: unknown, index) => [index, value] as const)
    : Object.entries(json);
  return [path, ...inside.flatMap(([name, value]) => pathsIn(value, [...path, name]))];
}
