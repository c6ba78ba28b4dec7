import assert from 'node:assert/strict';
import { parseRepository } from '../../src/reference.ts';
import { attestDigest } from '../../src/signing/attest-digest.ts';
import { policyOfFlags } from '../../src/signing/identity-policy.ts';
import { PROMOTION } from '../../src/signing/media-types.ts';
import { signDigest } from '../../src/signing/sign-digest.ts';
import { verifyImage } from '../../src/signing/verify-image.ts';
import { startSigningStack } from '../support/signing-stack.ts';
import type { SigningStack } from '../support/signing-stack.ts';

const EMAIL = 'krel-trust@example.test';
const IDENTITY = 'registry.k8s.io/test/app';

describe('many writers at one digest', () => {
  let stack: SigningStack;
  before(async () => {
    stack = await startSigningStack();
  });
  after(() => stack.stop());

  for (const host of ['distribution', 'withReferrers'] as const) {
    it(`50 signings and attestings at once leave one of each (${host})`, async () => {
      const context = await stack.signingAs(EMAIL);
      const repository = parseRepository(`${stack[host]}/fifty/${host.toLowerCase()}`);
      const subject = await stack.pushImage(repository);
      const request = { repository, subject, identity: IDENTITY };
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, async () => ({
          ...(await signDigest(context, request)),
          ...(await attestDigest(context, { ...request, predicateType: PROMOTION, predicate: {} })),
        })),
      );
      for (const format of ['legacy', 'bundle', 'attestation'] as const) {
        assert.equal(outcomes.filter((outcome) => outcome[format] === 'written').length, 1);
        assert.equal(outcomes.filter((outcome) => outcome[format] === 'already-valid').length, 49);
      }
      const verdicts = await verifyImage({
        registry: stack.registry,
        repository,
        digest: subject.digest,
        trust: context.trust,
        policy: policyOfFlags({ certificateIdentity: EMAIL, certificateOidcIssuer: stack.sigstore.issuerUrl }),
      });
      assert.deepEqual(
        verdicts.map(({ status }) => status),
        ['verified', 'verified', 'verified'],
      );
    });

    it(`five identities that attach at once lose nothing (${host})`, async () => {
      const repository = parseRepository(`${stack[host]}/five/${host.toLowerCase()}`);
      const subject = await stack.pushImage(repository);
      const emails = Array.from({ length: 5 }, (_, index) => `signer-${index}@example.test`);
      const { locks } = await stack.signingAs(EMAIL);
      await Promise.all(
        emails.map(async (email) => {
          const context = { ...(await stack.signingAs(email)), locks };
          await signDigest(context, { repository, subject, identity: IDENTITY });
        }),
      );
      const image = `${repository}@${subject.digest}`;
      for (const email of emails) {
        for (const args of [[], ['--new-bundle-format=false']]) {
          const { approved, output } = await stack.cosignVerify(3, image, email, args);
          assert.ok(approved, output);
        }
      }
    });
  }

  it('writers of other processes, who share no lock, still lose no legacy signature in the end', async () => {
    const repository = parseRepository(`${stack.distribution}/unlocked`);
    const subject = await stack.pushImage(repository);
    const emails = Array.from({ length: 3 }, (_, index) => `process-${index}@example.test`);
    const contexts = await Promise.all(emails.map((email) => stack.signingAs(email)));
    const request = { repository, subject, identity: IDENTITY };
    await Promise.all(contexts.map((context) => signDigest(context, request)));
    // What a later writer overwrote after it had been read back, the next run finds missing and signs again.
    for (const context of contexts) await signDigest(context, request);
    for (const email of emails) {
      const { approved, output } = await stack.cosignVerify(2, `${repository}@${subject.digest}`, email);
      assert.ok(approved, output);
    }
  });
});
