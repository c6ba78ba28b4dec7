import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import { parseRepository } from '../../src/reference.ts';
import { attestDigest } from '../../src/signing/attest-digest.ts';
import { policyOfFlags } from '../../src/signing/identity-policy.ts';
import { createKeylessSigner } from '../../src/signing/keyless.ts';
import { PROMOTION } from '../../src/signing/media-types.ts';
import { createRekorV1Witness } from '../../src/signing/rekor-v1.ts';
import { createServiceClient } from '../../src/signing/service.ts';
import { signDigest } from '../../src/signing/sign-digest.ts';
import type { SigningContext } from '../../src/signing/signing-context.ts';
import { createTimestampWitness } from '../../src/signing/timestamp.ts';
import { verifyImage } from '../../src/signing/verify-image.ts';
import { freePort } from '../../src/stack/ports.ts';
import { startSigningStack } from '../support/signing-stack.ts';
import type { SigningStack } from '../support/signing-stack.ts';

const EMAIL = 'krel-trust@example.test';
const IDENTITY = 'registry.k8s.io/test/app';

describe('Sigstore services that are down', () => {
  let stack: SigningStack;
  let working: SigningContext;
  let nowhere: string;
  const service = createServiceClient({ firstWaitMs: 1 });
  before(async () => {
    stack = await startSigningStack();
    working = await stack.signingAs(EMAIL);
    nowhere = `http://127.0.0.1:${await freePort()}`;
  });
  after(() => stack.stop());

  const outages: readonly (readonly [string, () => SigningContext, 'nothing' | 'legacy'])[] = [
    [
      'Fulcio',
      () => {
        const token = async (): Promise<string> => (await fetch(`${stack.sigstore.tokenUrl}?email=${EMAIL}`)).text();
        return { ...working, signer: createKeylessSigner({ fulcioUrl: nowhere, identity: { token }, service }) };
      },
      'nothing',
    ],
    [
      'the log',
      () => {
        const log = createRekorV1Witness(service, nowhere);
        return { ...working, witnesses: { bundle: [log], legacy: log } };
      },
      'nothing',
    ],
    [
      'the timestamp authority',
      () => {
        const { bundle, legacy } = working.witnesses;
        const [log] = bundle;
        assert.ok(log !== undefined && legacy !== undefined);
        return { ...working, witnesses: { bundle: [log, createTimestampWitness(service, nowhere)], legacy } };
      },
      'legacy',
    ],
  ];
  for (const [name, broken, written] of outages) {
    it(`${name}: what was done stays, and a second try does only the rest`, async () => {
      const repository = parseRepository(`${stack.distribution}/outage/${name.replaceAll(' ', '-').toLowerCase()}`);
      const subject = await stack.pushImage(repository);
      const request = { repository, subject, identity: IDENTITY };
      const unavailable = (error: unknown): boolean =>
        error instanceof PromoterError &&
        error.code === 'SigningUnavailable' &&
        error.message.includes(nowhere.slice(7));
      await assert.rejects(signDigest(broken(), request), unavailable);
      const attestation = { ...request, predicateType: PROMOTION, predicate: {} };
      await assert.rejects(attestDigest(broken(), attestation), unavailable);

      const legacy = written === 'legacy' ? 'already-valid' : 'written';
      assert.deepEqual(await signDigest(working, request), { legacy, bundle: 'written' });
      assert.deepEqual(await attestDigest(working, attestation), { attestation: 'written' });
      const policy = policyOfFlags({ certificateIdentity: EMAIL, certificateOidcIssuer: stack.sigstore.issuerUrl });
      const place = { registry: stack.registry, repository, digest: subject.digest };
      const verdicts = await verifyImage({ ...place, trust: working.trust, policy });
      assert.deepEqual(
        verdicts.map(({ status }) => status),
        ['verified', 'verified', 'verified'],
      );
    });
  }

  it('a trusted root that does not know the services is noticed before anybody relies on the signature', async () => {
    const repository = parseRepository(`${stack.distribution}/outage/other-root`);
    const subject = await stack.pushImage(repository);
    const other = await startSigningStack();
    try {
      const { trust } = await other.signingAs(EMAIL);
      const signing = signDigest({ ...working, trust }, { repository, subject, identity: IDENTITY });
      await assert.rejects(signing, { code: 'SignatureInvalid', message: /does not verify: .*trusted root/ });
    } finally {
      await other.stop();
    }
  });
});
