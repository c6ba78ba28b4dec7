import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import { bundleBytes } from '../../src/signing/bundle.ts';
import { compilePolicy } from '../../src/signing/identity-policy.ts';
import { judge } from '../../src/signing/judgement.ts';
import { COSIGN_SIGN, IN_TOTO } from '../../src/signing/media-types.ts';
import { sealEnvelope } from '../../src/signing/seal.ts';
import type { SignatureVerdict } from '../../src/signing/verdict.ts';
import { createMemoryLog, createMemorySigner } from '../support/memory-log.ts';
import { SIGNED, bundleAttachment, fixtureOptions, legacyAttachment } from './fixtures/signed.ts';

const OPTIONS = fixtureOptions();
const OTHER = `sha256:${'0'.repeat(64)}` as const;

/** What is said of a statement about these subjects. @param known the key that is known; the signer's unless given */
async function verdictOn(subjects: readonly object[], claims = {}, known?: string): Promise<SignatureVerdict> {
  const log = createMemoryLog();
  const signer = createMemorySigner();
  const statement = { _type: 'https://in-toto.io/Statement/v1', subject: subjects, predicateType: COSIGN_SIGN };
  const { bundle } = await sealEnvelope(signer, [log.witness], IN_TOTO, Buffer.from(JSON.stringify(statement)));
  const policy = compilePolicy({ publicKeys: [known ?? signer.publicKey] });
  const attachment = { ...bundleAttachment({}), content: bundleBytes(bundle) };
  return judge(attachment, { digest: SIGNED.digest, trust: log.trust, policy, claims });
}

const subject = (digest: string, annotations?: object): object => ({
  name: 'app',
  digest: { sha256: digest.slice('sha256:'.length) },
  ...(annotations === undefined ? {} : { annotations }),
});

describe('what a verdict tells', () => {
  it('takes what it cannot read for what stands in its place', () => {
    const unreadable = Buffer.from('no JSON');
    const missing = new PromoterError('SignatureInvalid', 'its content is missing');
    for (const content of [unreadable, missing]) {
      const kindOf = (format: 'sig-tag' | 'att-tag' | 'bundle'): unknown =>
        judge({ ...legacyAttachment(), format, content }, OPTIONS).kind;
      assert.deepEqual(
        [kindOf('sig-tag'), kindOf('att-tag'), kindOf('bundle')],
        ['signature', 'attestation', 'signature'],
      );
    }
  });

  it('is about the one subject that was asked for', async () => {
    const wanted = { annotations: { team: 'release' } };
    const both = [subject(OTHER, { team: 'release' }), subject(SIGNED.digest)];
    const { status, reason } = await verdictOn(both, wanted);
    assert.deepEqual([status, reason], ['invalid', 'it lacks the annotations {"team":"release"}']);
    const right = await verdictOn([subject(OTHER), subject(SIGNED.digest, { team: 'release' })], wanted);
    assert.deepEqual([right.status, right.reason], ['verified', 'by a known key']);
    assert.deepEqual(right.annotations, { team: 'release' });
  });

  it('names what a statement is about instead', async () => {
    assert.equal((await verdictOn([subject(OTHER)])).reason, `it is about ${OTHER}`);
    assert.equal((await verdictOn([])).reason, 'it is about no image');
  });

  it('calls what an unknown key has signed unverifiable', async () => {
    const { publicKey } = createMemorySigner();
    const { status, reason } = await verdictOn([subject(SIGNED.digest)], {}, publicKey);
    assert.deepEqual([status, reason], ['unverifiable', 'it was made with a key that is not among the known ones']);
  });

  it('keeps of a descriptor what finds the attachment again, and each entry in a log', () => {
    const attachment = legacyAttachment();
    const { descriptor, log, reason } = judge(attachment, OPTIONS);
    const { mediaType, digest, size } = attachment.descriptor;
    assert.deepEqual(descriptor, { mediaType, digest, size });
    assert.equal(log.length, 1);
    assert.equal(reason, `by ${SIGNED.email} (issuer ${SIGNED.issuer})`);
  });
});
