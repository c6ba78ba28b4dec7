import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRepository } from '../../src/reference.ts';
import { attestDigest } from '../../src/signing/attest-digest.ts';
import { policyOfFlags } from '../../src/signing/identity-policy.ts';
import { cacheTokens } from '../../src/signing/identity/token.ts';
import { digestsOf } from '../../src/signing/index-children.ts';
import { openKeyFile } from '../../src/signing/key-file.ts';
import { createKeylessSigner } from '../../src/signing/keyless.ts';
import { PROMOTION, SIGNATURE_ANNOTATION, SLSA_VSA } from '../../src/signing/media-types.ts';
import { verificationSummaryPredicate } from '../../src/signing/predicates.ts';
import { createServiceClient } from '../../src/signing/service.ts';
import { signDigest } from '../../src/signing/sign-digest.ts';
import { verifyImage } from '../../src/signing/verify-image.ts';
import { startSigningStack, verifyFlags } from '../support/signing-stack.ts';
import type { SigningStack } from '../support/signing-stack.ts';
import { flipped, readLegacyLayer, writeLegacyLayer } from '../support/tampering.ts';

const EMAIL = 'krel-trust@example.test';
const IDENTITY = 'registry.k8s.io/test/app';

describe('what can be signed, and with what', () => {
  let stack: SigningStack;
  let directory: string;
  before(async () => {
    stack = await startSigningStack();
    directory = await mkdtemp(join(tmpdir(), 'signing-formats-'));
  });
  after(async () => {
    await stack.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('every manifest of an index can be verified by itself', async () => {
    const context = await stack.signingAs(EMAIL);
    const repository = parseRepository(`${stack.distribution}/index`);
    const index = await stack.pushIndex(repository);
    const subjects = await digestsOf({ registry: stack.registry, repository, digest: index.digest });
    assert.equal(subjects.length, 3);
    assert.equal(subjects[0]?.digest, index.digest);
    for (const subject of subjects) {
      await signDigest(context, { repository, subject, identity: IDENTITY });
      const { approved, output } = await stack.cosignVerify(3, `${repository}@${subject.digest}`, EMAIL);
      assert.ok(approved, output);
    }
  });

  it('with Rekor v2 alone there is a bundle, and the legacy signature is said to be impossible', async () => {
    const context = await stack.signingAs(EMAIL, { rekorV2: true });
    const repository = parseRepository(`${stack.distribution}/rekor-v2`);
    const subject = await stack.pushImage(repository);
    const request = { repository, subject, identity: IDENTITY };
    assert.deepEqual(await signDigest(context, request), { legacy: 'impossible', bundle: 'written' });
    await attestDigest(context, { ...request, predicateType: PROMOTION, predicate: {} });
    const image = `${repository}@${subject.digest}`;
    const flags = verifyFlags(stack.sigstore, EMAIL);
    for (const args of [['verify'], ['verify-attestation', '--type', PROMOTION]]) {
      const { approved, output } = await stack.cosign(3, [...args, ...flags, image]);
      assert.ok(approved, output);
    }
    assert.deepEqual(await signDigest(context, request), { legacy: 'impossible', bundle: 'already-valid' });
  });

  for (const rekorV2 of [false, true]) {
    it(`signs with a cosign.key, which both cosigns verify (Rekor v${rekorV2 ? 2 : 1})`, async () => {
      const prefix = join(directory, rekorV2 ? 'two' : 'one');
      const made = await stack.cosign(3, ['generate-key-pair', '--output-key-prefix', prefix]);
      assert.ok(made.approved, made.output);
      const signer = await openKeyFile(await readFile(`${prefix}.key`, 'utf8'), 'secret');
      const context = await stack.signingAs(EMAIL, { signer, rekorV2 });
      const repository = parseRepository(`${stack.distribution}/key/${rekorV2 ? 'two' : 'one'}`);
      const subject = await stack.pushImage(repository);
      const request = { repository, subject, identity: IDENTITY };
      await signDigest(context, request);
      await attestDigest(context, { ...request, predicateType: PROMOTION, predicate: {} });

      const flags = [
        '--key',
        `${prefix}.pub`,
        '--allow-http-registry',
        '--trusted-root',
        stack.sigstore.trustedRootFile,
      ];
      const image = `${repository}@${subject.digest}`;
      for (const version of rekorV2 ? ([3] as const) : ([2, 3] as const)) {
        const signed = await stack.cosign(version, ['verify', ...flags, image]);
        assert.ok(signed.approved, signed.output);
        const attested = await stack.cosign(version, ['verify-attestation', '--type', PROMOTION, ...flags, image]);
        assert.ok(attested.approved, attested.output);
      }
      const place = { registry: stack.registry, repository, digest: subject.digest, trust: context.trust };
      const strangers = policyOfFlags({ certificateIdentity: EMAIL, certificateOidcIssuer: stack.sigstore.issuerUrl });
      for (const { status } of await verifyImage({ ...place, policy: strangers })) assert.equal(status, 'unverifiable');
      await assert.rejects(async () => openKeyFile(await readFile(`${prefix}.key`, 'utf8'), 'wrong'), {
        code: 'ConfigInvalid',
      });
    });
  }

  it('an invalid signature under our name is not taken for ours, and not lost either', async () => {
    const context = await stack.signingAs(EMAIL);
    const repository = parseRepository(`${stack.distribution}/spoilt`);
    const subject = await stack.pushImage(repository);
    const request = { repository, subject, identity: IDENTITY };
    await signDigest(context, request);
    const { payload, annotations } = await readLegacyLayer(stack.registry, repository, subject);
    const signature = flipped(annotations[SIGNATURE_ANNOTATION] ?? '');
    const spoilt = { payload, annotations: { ...annotations, [SIGNATURE_ANNOTATION]: signature } };
    await writeLegacyLayer(stack.registry, repository, subject, spoilt);
    assert.deepEqual(await signDigest(context, request), { legacy: 'written', bundle: 'already-valid' });
    const image = `${repository}@${subject.digest}`;
    const { approved, output } = await stack.cosignVerify(3, image, EMAIL, ['--new-bundle-format=false']);
    assert.ok(approved, output);
    const place = { registry: stack.registry, repository, digest: subject.digest, trust: context.trust };
    const policy = policyOfFlags({ certificateIdentity: EMAIL, certificateOidcIssuer: stack.sigstore.issuerUrl });
    const verdicts = await verifyImage({ ...place, policy, formats: ['sig-tag'] });
    assert.deepEqual(
      verdicts.map(({ status }) => status),
      ['invalid', 'verified'],
    );
  });

  it('attests a verification summary beside the promotion', async () => {
    const context = await stack.signingAs(EMAIL);
    const repository = parseRepository(`${stack.withReferrers}/summary`);
    const subject = await stack.pushImage(repository);
    const request = { repository, subject, identity: IDENTITY };
    const predicate = verificationSummaryPredicate({
      verifierId: 'https://verifier.test',
      verifierVersion: '1',
      time: new Date().toISOString(),
      resourceUri: IDENTITY,
      policyUri: 'https://policy.test',
      inputs: [],
      passed: true,
      levels: ['SLSA_BUILD_LEVEL_2'],
    });
    await attestDigest(context, { ...request, predicateType: PROMOTION, predicate: {} });
    const outcome = await attestDigest(context, { ...request, predicateType: SLSA_VSA, predicate });
    assert.deepEqual(outcome, { attestation: 'written' });
    const flags = verifyFlags(stack.sigstore, EMAIL);
    const args = ['verify-attestation', '--type', SLSA_VSA, ...flags, `${repository}@${subject.digest}`];
    const { approved, output } = await stack.cosign(3, args);
    assert.ok(approved, output);
  });

  it("an image with a stranger's bundle verifies with both cosigns after we have signed it", async () => {
    const repository = parseRepository(`${stack.distribution}/stranger`);
    const subject = await stack.pushImage(repository);
    const request = { repository, subject, identity: IDENTITY };
    const builder = await stack.signingAs('builder@example.test');
    await attestDigest(builder, { ...request, predicateType: 'https://slsa.dev/provenance/v1', predicate: {} });
    await signDigest(await stack.signingAs(EMAIL), request);
    for (const version of [2, 3] as const) {
      const { approved, output } = await stack.cosignVerify(version, `${repository}@${subject.digest}`, EMAIL);
      assert.ok(approved, output);
    }
  });

  it('one certificate serves many signatures, and a token that expires in between is renewed', async () => {
    const service = createServiceClient();
    let tokens = 0;
    let now = Date.now();
    const identity = cacheTokens(
      {
        async token() {
          tokens += 1;
          const url = `${stack.sigstore.tokenUrl}?email=${EMAIL}&lifetime=600`;
          return (await service({ doing: 'asking for a token', url, method: 'GET' })).body.toString();
        },
      },
      { now: () => now },
    );
    const signer = createKeylessSigner({ fulcioUrl: stack.sigstore.fulcioUrl, identity, service, now: () => now });
    const certificates = new Set<string>();
    const sign = async (): Promise<void> => {
      const { key } = await signer.sign(Buffer.from('something'));
      assert.ok(key.$case === 'x509Certificate');
      certificates.add(key.certificate);
    };
    await Promise.all(Array.from({ length: 20 }, sign));
    assert.deepEqual([certificates.size, tokens], [1, 1]);
    now += 9.5 * 60_000;
    await Promise.all(Array.from({ length: 20 }, sign));
    assert.deepEqual([certificates.size, tokens], [2, 2]);
  });
});
