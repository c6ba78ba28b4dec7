import assert from 'node:assert/strict';
import type { Bundle, TransparencyLogEntry } from '@sigstore/bundle';
import { compilePolicy } from '../../src/signing/identity-policy.ts';
import { verifyEvidence } from '../../src/signing/evidence.ts';
import type { Evidence } from '../../src/signing/evidence.ts';
import { IN_TOTO } from '../../src/signing/media-types.ts';
import { sealEnvelope, sealMessage } from '../../src/signing/seal.ts';
import { parseTrustRoot } from '../../src/signing/trust-root.ts';
import type { Witness } from '../../src/signing/witness.ts';
import { createMemoryAuthority, MEMORY_ISSUER } from '../support/memory-authority.ts';
import { createMemoryLog, createMemorySigner } from '../support/memory-log.ts';

const PAYLOAD = Buffer.from('payload');

describe('the evidence for a signature by a key', () => {
  const log = createMemoryLog();
  const signer = createMemorySigner();
  const policy = compilePolicy({ publicKeys: [createMemorySigner().publicKey, signer.publicKey] });
  const verify = (bundle: Bundle, artifact?: Buffer): Evidence => verifyEvidence(log.trust, policy, bundle, artifact);
  const sealed = async (...witnesses: readonly Witness[]): Promise<Bundle> =>
    (await sealEnvelope(signer, witnesses, IN_TOTO, PAYLOAD)).bundle;

  it('says which of the known keys it was, over an envelope and over bytes', async () => {
    const expected: Evidence = { signer: { kind: 'key', publicKey: signer.publicKey } };
    assert.deepEqual(verify(await sealed(log.witness)), expected);
    const { bundle } = await sealMessage(signer, [log.witness], PAYLOAD);
    assert.deepEqual(verify(bundle, PAYLOAD), expected);
  });

  it('does not tell when the key is not known, or the bytes are others', async () => {
    const stranger = createMemorySigner();
    const { bundle } = await sealEnvelope(stranger, [log.witness], IN_TOTO, PAYLOAD);
    const { key } = await stranger.sign(PAYLOAD);
    assert.deepEqual(verify(bundle), { unknownKey: key.$case === 'publicKey' ? key.hint : '' });
    const { bundle: message } = await sealMessage(signer, [log.witness], PAYLOAD);
    assert.ok('unknownKey' in verify(message, Buffer.from('other')));
  });

  it('does not hold without a log entry', async () => {
    const unlogged = await sealed();
    assert.throws(() => verify(unlogged), { code: 'SignatureInvalid', message: /expected 1/ });
  });

  it('does not hold with an entry that was made for another key', async () => {
    const { key } = await createMemorySigner().sign(PAYLOAD);
    const borrowed = await sealed((content) => log.witness(content, key));
    assert.throws(() => verify(borrowed), {
      code: 'SignatureInvalid',
      message: /its log entry was made with another certificate or key/,
    });
  });

  it('does not hold with the same entry twice, nor with one of a log that is not trusted', async () => {
    const entries = await log.witness((await sealed()).content, (await signer.sign(PAYLOAD)).key);
    const bundle = await sealed(
      async () => entries,
      async () => entries,
    );
    assert.throws(() => verify(bundle), { code: 'SignatureInvalid' });
    const elsewhere = await sealed(createMemoryLog().witness);
    assert.throws(() => verify(elsewhere), { code: 'SignatureInvalid', message: /inclusion promise/ });
  });

  const changes: readonly (readonly [string, (entry: TransparencyLogEntry) => Partial<TransparencyLogEntry>])[] = [
    ['time', ({ integratedTime }) => ({ integratedTime: String(Number(integratedTime) - 1) })],
    ['index', ({ logIndex }) => ({ logIndex: String(Number(logIndex) + 1) })],
    ['promise', () => ({ inclusionPromise: { signedEntryTimestamp: Buffer.alloc(70) } })],
    ['body', ({ canonicalizedBody }) => ({ canonicalizedBody: Buffer.concat([canonicalizedBody, Buffer.from(' ')]) })],
    ['kind', () => ({ kindVersion: { kind: 'hashedrekord', version: '0.0.1' } })],
    [
      'proof',
      ({ inclusionProof }) => ({
        inclusionPromise: undefined,
        inclusionProof: inclusionProof && { ...inclusionProof, logIndex: '1' },
      }),
    ],
  ];
  for (const [what, change] of changes) {
    it(`does not hold when the ${what} of its log entry was changed`, async () => {
      const bundle = await sealed(async (...signature) => {
        const { logEntries = [] } = await log.witness(...signature);
        const entry = logEntries[0];
        assert.ok(entry);
        Object.assign(entry, change(entry));
        return { logEntries };
      });
      assert.throws(() => verify(bundle), { code: 'SignatureInvalid' });
    });
  }
});

describe('the evidence for a signature by a certificate', () => {
  const MINUTE = 60_000;
  const NOT_BEFORE = Date.parse('2026-05-01T12:00:00Z');
  const NOT_AFTER = NOT_BEFORE + 10 * MINUTE;
  const authority = createMemoryAuthority();
  const signer = authority.signer('release@example.test', {
    notBefore: new Date(NOT_BEFORE),
    notAfter: new Date(NOT_AFTER),
  });
  const log = createMemoryLog(authority.services, () => time);
  let time = NOT_BEFORE;

  async function loggedAt(at: number, trust = log.trust, by = signer): Promise<Evidence> {
    time = at;
    const { bundle } = await sealEnvelope(by, [log.witness], IN_TOTO, PAYLOAD);
    return verifyEvidence(trust, compilePolicy({}), bundle);
  }

  it('says who it was, however long ago the certificate ended, if the log saw it before', async () => {
    const expected: Evidence = {
      signer: { kind: 'certificate', identity: 'release@example.test', issuer: MEMORY_ISSUER },
    };
    assert.deepEqual(await loggedAt(NOT_BEFORE + MINUTE), expected);
    assert.deepEqual(await loggedAt(NOT_AFTER - MINUTE), expected);
  });

  it('does not hold when the log saw it before the certificate began, or after it ended', async () => {
    await loggedAt(NOT_BEFORE + MINUTE);
    for (const at of [NOT_BEFORE - MINUTE, NOT_AFTER + MINUTE, NOT_AFTER + 525_600 * MINUTE]) {
      await assert.rejects(loggedAt(at), { code: 'SignatureInvalid', message: /certificate chain/ });
    }
  });

  it('does not hold with an entry that was made with another certificate of the same holder', async () => {
    time = NOT_BEFORE + MINUTE;
    const lifetime = { notBefore: new Date(NOT_BEFORE), notAfter: new Date(NOT_AFTER) };
    const { key } = await authority.signer('release@example.test', lifetime).sign(PAYLOAD);
    const { bundle } = await sealEnvelope(signer, [(content) => log.witness(content, key)], IN_TOTO, PAYLOAD);
    assert.throws(() => verifyEvidence(log.trust, compilePolicy({}), bundle), {
      code: 'SignatureInvalid',
      message: 'its log entry was made with another certificate or key',
    });
  });

  it('does not hold with a certificate that names nobody', async () => {
    const nobody = authority.signer(undefined, { notBefore: new Date(NOT_BEFORE), notAfter: new Date(NOT_AFTER) });
    await assert.rejects(loggedAt(NOT_BEFORE + MINUTE, log.trust, nobody), {
      code: 'SignatureInvalid',
      message: 'its certificate names no identity or no issuer',
    });
  });

  it('does not hold with a certificate of an authority that is not trusted', async () => {
    const root = { ...(JSON.parse(log.trust.canonical) as object), ...createMemoryAuthority().services };
    const trust = parseTrustRoot(JSON.stringify(root), 'another');
    await assert.rejects(loggedAt(NOT_BEFORE + MINUTE, trust), {
      code: 'SignatureInvalid',
      message: /certificate chain/,
    });
  });
});
