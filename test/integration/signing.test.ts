import assert from 'node:assert/strict';
import { parseRepository } from '../../src/reference.ts';
import { attestDigest } from '../../src/signing/attest-digest.ts';
import { PROMOTION } from '../../src/signing/media-types.ts';
import { signDigest } from '../../src/signing/sign-digest.ts';
import { verifyImage } from '../../src/signing/verify-image.ts';
import { startSigningStack, verifyFlags } from '../support/signing-stack.ts';
import type { SigningStack } from '../support/signing-stack.ts';

const EMAIL = 'krel-trust@example.test';
const IDENTITY = 'registry.k8s.io/test/app';

describe('signing and attesting, with real Sigstore services, registries and cosigns', () => {
  let stack: SigningStack;
  before(async () => {
    stack = await startSigningStack();
  });
  after(() => stack.stop());

  for (const host of ['distribution', 'withReferrers'] as const) {
    it(`both cosigns verify what is signed and attested (${host})`, async () => {
      const context = await stack.signingAs(EMAIL);
      const repository = parseRepository(`${stack[host]}/test/app`);
      const subject = await stack.pushImage(repository);
      const outcome = await signDigest(context, {
        repository,
        subject,
        identity: IDENTITY,
        annotations: { team: 'a<b&c' },
      });
      assert.deepEqual(outcome, { legacy: 'written', bundle: 'written' });
      const image = `${repository}@${subject.digest}`;

      for (const version of [2, 3] as const) {
        const verified = await stack.cosignVerify(version, image, EMAIL, ['-a', 'team=a<b&c']);
        assert.ok(verified.approved, verified.output);
      }
      const legacy = await stack.cosignVerify(3, image, EMAIL, ['--new-bundle-format=false', '-a', 'team=a<b&c']);
      assert.ok(legacy.approved, legacy.output);
      assert.match(legacy.output, /"docker-reference":"registry\.k8s\.io\/test\/app"/);

      const request = {
        repository,
        subject,
        identity: IDENTITY,
        predicateType: PROMOTION,
        predicate: { digest: subject.digest },
      };
      assert.deepEqual(await attestDigest(context, request), { attestation: 'written' });
      const flags = ['verify-attestation', '--type', PROMOTION];
      for (const version of [2, 3] as const) {
        const attested = await stack.cosign(version, [...flags, ...verifyFlags(stack.sigstore, EMAIL), image]);
        assert.ok(attested.approved, attested.output);
      }

      assert.deepEqual(await signDigest(context, { repository, subject, identity: IDENTITY }), {
        legacy: 'already-valid',
        bundle: 'already-valid',
      });
      assert.deepEqual(await attestDigest(context, request), { attestation: 'already-valid' });

      const policy = { rules: [{ identity: { exactly: EMAIL }, issuer: { exactly: stack.sigstore.issuerUrl } }] };
      const verdicts = await verifyImage({
        registry: stack.registry,
        repository,
        digest: subject.digest,
        trust: context.trust,
        policy,
      });
      assert.deepEqual(verdicts.map(({ format, kind, status }) => `${format} ${kind} ${status}`).toSorted(), [
        'bundle attestation verified',
        'bundle signature verified',
        'sig-tag signature verified',
      ]);
    });
  }
});
