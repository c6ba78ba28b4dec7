import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRepository } from '../../src/reference.ts';
import type { RepositoryName } from '../../src/reference.ts';
import type { Descriptor } from '../../src/registry/registry.ts';
import { policyOfFlags } from '../../src/signing/identity-policy.ts';
import type { IdentityPolicy } from '../../src/signing/identity-policy.ts';
import { decideProvenance } from '../../src/signing/provenance.ts';
import type { ProvenanceDecision, ProvenancePolicy } from '../../src/signing/provenance.ts';
import { signDigest } from '../../src/signing/sign-digest.ts';
import type { SigningContext } from '../../src/signing/signing-context.ts';
import { simpleSigningPayload } from '../../src/signing/simple-signing.ts';
import { decideStaging } from '../../src/signing/staging-signatures.ts';
import type { SignatureVerdict } from '../../src/signing/verdict.ts';
import { verifyImage } from '../../src/signing/verify-image.ts';
import { attestedExemptions, attestedVulnerabilities } from '../../src/signing/vulnerability/attested.ts';
import { checkVulnerabilities } from '../../src/signing/vulnerability/gate.ts';
import { startSigningStack } from '../support/signing-stack.ts';
import type { SigningStack } from '../support/signing-stack.ts';
import { readLegacyLayer } from '../support/tampering.ts';

const EMAIL = 'staging@example.test';

const PROVENANCE_V1 = {
  buildDefinition: {
    buildType: 'https://actions.github.io/buildtypes/workflow/v1',
    externalParameters: { workflow: { repository: 'https://github.com/kubernetes/release', ref: 'refs/tags/v1' } },
  },
  runDetails: { builder: { id: 'https://cloudbuild.googleapis.com/GoogleHostedWorker' } },
};
const PROVENANCE_V02 = {
  builder: { id: 'https://cloudbuild.googleapis.com/GoogleHostedWorker' },
  buildType: 'https://cloudbuild.googleapis.com/CloudBuildYaml@v0.1',
  invocation: { configSource: { uri: 'git+https://github.com/kubernetes/release@refs/tags/v1' } },
};

describe('what cosign signs, we verify', () => {
  let stack: SigningStack;
  let context: SigningContext;
  let directory: string;
  let policy: IdentityPolicy;
  let images = 0;

  before(async () => {
    stack = await startSigningStack();
    context = await stack.signingAs(EMAIL);
    directory = await mkdtemp(join(tmpdir(), 'signing-interop-'));
    policy = policyOfFlags({ certificateIdentity: EMAIL, certificateOidcIssuer: stack.sigstore.issuerUrl });
  });
  after(async () => {
    await stack.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function newImage(): Promise<{ repository: RepositoryName; subject: Descriptor; image: string }> {
    const repository = parseRepository(`${stack.distribution}/interop/${(images += 1)}`);
    const subject = await stack.pushImage(repository);
    return { repository, subject, image: `${repository}@${subject.digest}` };
  }

  async function cosign(version: 2 | 3, command: readonly string[], image: string): Promise<void> {
    const token = await (await fetch(`${stack.sigstore.tokenUrl}?email=${EMAIL}`)).text();
    const args = [...command, '--yes', '--allow-http-registry', '--identity-token', token, image];
    const { approved, output } = await stack.cosign(version, args);
    assert.ok(approved, output);
  }

  /** Where cosign is to sign: by single addresses as version 2 takes them, or by signing config. */
  function legacyServices(): readonly string[] {
    return ['--fulcio-url', stack.sigstore.fulcioUrl, '--rekor-url', stack.sigstore.rekorV1Url ?? ''];
  }
  function configuredServices(): readonly string[] {
    const { signingConfigFile, trustedRootFile } = stack.sigstore;
    return ['--signing-config', signingConfigFile, '--trusted-root', trustedRootFile];
  }

  async function verdicts(
    repository: RepositoryName,
    { digest }: Descriptor,
    signers: IdentityPolicy = policy,
  ): Promise<readonly SignatureVerdict[]> {
    return verifyImage({ registry: stack.registry, repository, digest, trust: context.trust, policy: signers });
  }

  async function provenanceOf(
    repository: RepositoryName,
    subject: Descriptor,
    rules: ProvenancePolicy,
  ): Promise<ProvenanceDecision> {
    return decideProvenance(await verdicts(repository, subject, rules.signers), rules);
  }

  it('a legacy signature of cosign 2, whose payload is byte for byte what we write', async () => {
    const { repository, subject, image } = await newImage();
    const identity = 'registry.k8s.io/a/b';
    const annotations = { team: '<release & co>', '10': 'ten', '9': 'nine' };
    const flags = Object.entries(annotations).flatMap(([name, value]) => ['-a', `${name}=${value}`]);
    await cosign(2, ['sign', ...legacyServices(), ...flags, '--sign-container-identity', identity], image);
    const [verdict] = await verdicts(repository, subject);
    assert.equal(verdict?.status, 'verified', verdict?.reason);
    assert.equal(verdict.dockerReference, identity);
    assert.deepEqual(verdict.annotations, annotations);
    const { payload } = await readLegacyLayer(stack.registry, repository, subject);
    const ours = simpleSigningPayload({ dockerReference: identity, digest: subject.digest, annotations });
    assert.equal(payload.toString(), ours.toString());
  });

  it('a legacy signature of cosign 3, beside which ours is added', async () => {
    const { repository, subject, image } = await newImage();
    const legacy = ['--new-bundle-format=false', '--use-signing-config=false'];
    await cosign(3, ['sign', ...legacyServices(), ...legacy], image);
    const signing = await stack.signingAs('krel-trust@example.test');
    await signDigest(signing, { repository, subject, identity: 'registry.k8s.io/x' });
    const found = await verdicts(repository, subject);
    assert.deepEqual(
      found.filter(({ format }) => format === 'sig-tag').map(({ status }) => status),
      ['verified', 'untrusted-identity'],
    );
    const ours = await stack.cosignVerify(2, image, 'krel-trust@example.test');
    assert.ok(ours.approved, ours.output);
    // Since ours is a bundle too, cosign looks at legacy signatures only when it is told to.
    const judged = await stack.cosignVerify(3, image, EMAIL, ['--new-bundle-format=false']);
    assert.ok(judged.approved, judged.output);
  });

  it('a bundle of cosign 3', async () => {
    const { repository, subject, image } = await newImage();
    await cosign(3, ['sign', ...configuredServices(), '-a', 'team=release'], image);
    const [verdict, ...more] = await verdicts(repository, subject);
    assert.deepEqual(more, []);
    assert.equal(verdict?.status, 'verified', verdict?.reason);
    assert.deepEqual([verdict.format, verdict.kind], ['bundle', 'signature']);
    assert.deepEqual(verdict.annotations, { team: 'release' });
  });

  it('staging signatures by somebody we accept, by a stranger, and none', async () => {
    const { repository, subject, image } = await newImage();
    const strangers = policyOfFlags({
      certificateIdentityRegexp: '.*@elsewhere.test',
      certificateOidcIssuer: stack.sigstore.issuerUrl,
    });
    assert.equal(decideStaging(await verdicts(repository, subject), { signers: policy }).verdict, 'unsigned');
    await cosign(3, ['sign', ...configuredServices()], image);
    assert.equal(decideStaging(await verdicts(repository, subject), { signers: policy }).verdict, 'verified');
    const refused = decideStaging(await verdicts(repository, subject, strangers), { signers: strangers });
    assert.equal(refused.verdict, 'quarantined');
    assert.match(refused.why, /staging@example\.test .* who is not accepted here/);
  });

  const formats = [
    ['cosign 2, as a layer of .att', 2, 'att-tag'],
    ['cosign 3, as a bundle', 3, 'bundle'],
  ] as const;
  for (const [made, version, format] of formats) {
    for (const [type, predicate] of [
      ['slsaprovenance1', PROVENANCE_V1],
      ['slsaprovenance', PROVENANCE_V02],
    ] as const) {
      it(`provenance (${type}) of ${made}`, async () => {
        const { repository, subject, image } = await newImage();
        const accepted: ProvenancePolicy = {
          mode: 'require',
          signers: policy,
          builders: [{ matching: 'https://cloudbuild\\.googleapis\\.com/.*' }],
          sources: [{ exactly: 'github.com/kubernetes/release' }],
        };
        assert.equal((await provenanceOf(repository, subject, accepted)).verdict, 'absent');

        const file = join(directory, `${version}-${type}.json`);
        await writeFile(file, JSON.stringify(predicate));
        const services = version === 2 ? legacyServices() : configuredServices();
        await cosign(version, ['attest', ...services, '--type', type, '--predicate', file], image);

        const passed = await provenanceOf(repository, subject, accepted);
        assert.equal(passed.verdict, 'pass', passed.why);
        assert.equal(passed.attestation?.format, format);
        const wrong: readonly (readonly [string, Partial<ProvenancePolicy>])[] = [
          [
            'signer',
            {
              signers: policyOfFlags({ certificateIdentity: 'x@y.z', certificateOidcIssuer: stack.sigstore.issuerUrl }),
            },
          ],
          ['builder', { builders: [{ exactly: 'https://builder.test' }] }],
          ['source', { sources: [{ exactly: 'https://github.com/attackers/release' }] }],
        ];
        for (const [rule, change] of wrong) {
          const decision = await provenanceOf(repository, subject, { ...accepted, ...change });
          assert.deepEqual([decision.verdict, decision.rule], ['rejected', rule]);
        }
      });
    }
  }

  it('scans and VEX statements, which the vulnerability gate reads', async () => {
    const { repository, subject, image } = await newImage();
    const options = { registry: stack.registry, trust: context.trust, signers: policy };
    const source = attestedVulnerabilities(options);
    const place = { repository, digest: subject.digest };
    assert.equal(await source.scan(repository, subject.digest), undefined);

    const attest = async (type: string, predicate: unknown): Promise<void> => {
      const file = join(directory, 'predicate.json');
      await writeFile(file, JSON.stringify(predicate));
      await cosign(3, ['attest', ...configuredServices(), '--type', type, '--predicate', file], image);
    };
    const found = { VulnerabilityID: 'CVE-2026-1', Severity: 'CRITICAL', FixedVersion: '2' };
    await attest('vuln', {
      scanner: {
        uri: 'pkg:github/aquasecurity/trivy',
        result: { SchemaVersion: 2, Results: [{ Vulnerabilities: [found] }] },
      },
      metadata: { scanFinishedOn: '2026-01-01T00:00:00Z' },
    });
    const threshold = { threshold: 4 } as const;
    assert.equal((await checkVulnerabilities(place, [source], threshold)).verdict, 'quarantined');
    const statements = [{ status: 'not_affected', vulnerability: { name: 'CVE-2026-1' } }];
    await attest('openvex', { '@context': 'https://openvex.dev/ns/v0.2.0', statements });
    const exempt = await attestedExemptions({ ...options, ...place });
    assert.deepEqual([...exempt], ['CVE-2026-1']);
    assert.equal((await checkVulnerabilities(place, [source], threshold, exempt)).verdict, 'pass');
    const strangers = policyOfFlags({ certificateIdentity: 'a@b.c', certificateOidcIssuer: stack.sigstore.issuerUrl });
    assert.equal((await attestedExemptions({ ...options, ...place, signers: strangers })).size, 0);
  });

  it('signatures by a key of cosign', async () => {
    const { repository, subject, image } = await newImage();
    const prefix = join(directory, 'key');
    await stack.cosign(3, ['generate-key-pair', '--output-key-prefix', prefix]);
    const rekor = ['--rekor-url', stack.sigstore.rekorV1Url ?? '', '--yes', '--allow-http-registry'];
    const signed = await stack.cosign(2, ['sign', '--key', `${prefix}.key`, ...rekor, image]);
    assert.ok(signed.approved, signed.output);
    const place = { registry: stack.registry, repository, digest: subject.digest, trust: context.trust };
    const publicKey = await readFile(`${prefix}.pub`, 'utf8');
    const [byKey] = await verifyImage({ ...place, policy: { publicKeys: [publicKey] } });
    assert.equal(byKey?.status, 'verified', byKey?.reason);
    const [withoutKey] = await verifyImage({ ...place, policy });
    assert.equal(withoutKey?.status, 'unverifiable');
  });
});
