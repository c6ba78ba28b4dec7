import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tag } from '../../src/reference.ts';
import { makeImage } from '../../src/stack/sample-images.ts';
import { DEFAULT_EMAIL } from '../../src/stack/sigstore/oidc-issuer.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { startSigningStack, type SigningStack } from '../support/signing-stack.ts';
import { openCommandLine, type CommandLine, type Ending } from './command-line.ts';
import { startLab, type Lab } from './lab.ts';

const BUILDER = 'builder@staging.test';
const STRANGER = 'stranger@elsewhere.test';
const PROMOTION = 'https://k8s.io/promo-tools/promotion/v1';
const PROVENANCE = { buildDefinition: { buildType: 'https://build.test' }, runDetails: { builder: { id: 'b' } } };
const NAMES = ['unsigned', 'signed', 'proven', 'strange', 'forged'] as const;

type Name = (typeof NAMES)[number];
const digests = Object.fromEntries(
  NAMES.map((name) => [name, makeImage({ seed: `signatures ${name}`, layerSizes: [10] })]),
) as Record<Name, ReturnType<typeof makeImage>>;

describe('E25–E29, E33: signatures and attestations', function () {
  this.timeout(120_000);
  let stack: SigningStack;
  let promoter: CommandLine;
  let service: PromotionService;
  let [staging, canonical, mirror]: Lab[] = [];
  let directory: string;
  const labs = (): readonly Lab[] => [staging, canonical, mirror].map((lab) => lab ?? assert.fail());

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'conformance-signatures-'));
    [stack, promoter, staging, canonical, mirror] = (await Promise.all([
      startSigningStack(),
      openCommandLine(),
      ...[0, 1, 2].map(() => startLab({ googleTags: true })),
    ])) as [SigningStack, CommandLine, Lab, Lab, Lab];
    service = await startPromotionService({
      directory,
      environment: {
        PROMOTER_TRUSTED_ROOT: stack.sigstore.trustedRootFile,
        PROMOTER_SIGNING_CONFIG: stack.sigstore.signingConfigFile,
        PROMOTER_IDENTITY_TOKEN_URL: stack.sigstore.tokenUrl,
        PROMOTER_CANONICAL_HOST: canonical.proxy.host,
      },
    });
    for (const name of NAMES) await staging.push(`staging/${name}`, digests[name]);
    const predicate = join(directory, 'provenance.json');
    await writeFile(predicate, JSON.stringify(PROVENANCE));
    const attest = ['attest', '--type', 'slsaprovenance1', '--predicate', predicate];
    await cosign(['sign'], 'signed', BUILDER);
    await cosign(attest, 'proven', BUILDER);
    await cosign(['sign'], 'strange', STRANGER);
    await cosign(attest, 'forged', STRANGER);
  });
  after(async () => {
    await Promise.all([promoter.close(), service.stop(), ...labs().map((lab) => lab.stop())]);
    await stack.stop();
    await rm(directory, { recursive: true });
  });

  /** Has cosign attach something to a staging image, as this person. */
  async function cosign(command: readonly string[], name: Name, email: string): Promise<void> {
    const { signingConfigFile, trustedRootFile, tokenUrl } = stack.sigstore;
    const token = await (await fetch(`${tokenUrl}?email=${email}`)).text();
    const services = ['--signing-config', signingConfigFile, '--trusted-root', trustedRootFile];
    const image = `${staging?.at(`staging/${name}`)}@${digests[name].root.digest}`;
    const flags = ['-y', '--allow-http-registry', '--identity-token', token, ...services, image];
    const { approved, output } = await stack.cosign(3, [...command, ...flags]);
    assert.ok(approved, output);
  }

  /** Runs a command on a manifest that promotes these images to both registries, each with two tags. */
  async function run(command: readonly string[], names: readonly Name[], email = BUILDER): Promise<Ending> {
    const [source, ...others] = labs();
    const registries = [
      `- {name: ${source?.at('staging')}, src: true}\n`,
      ...others.map((lab) => `- name: ${lab.at('k8s-artifacts-prod/images')}\n`),
    ];
    const images = names.map((name) => ({ name, dmap: { [digests[name].root.digest]: ['v1', 'latest'] } }));
    const file = join(directory, 'manifest.yaml');
    await writeFile(file, `registries:\n${registries.join('')}images: ${JSON.stringify(images)}\n`);
    const whom = ['--certificate-identity', email, '--certificate-oidc-issuer', stack.sigstore.issuerUrl];
    return promoter.run([...command, '--manifest', file, ...whom], { env: service.environment });
  }

  const imageIn = (lab: Lab | undefined, name: Name): string =>
    `${lab?.at(`k8s-artifacts-prod/images/${name}`)}@${digests[name].root.digest}`;
  const promoted = (lab: Lab, name: Name) => lab.digestAt(`k8s-artifacts-prod/images/${name}`, 'v1');
  const signatureTag = (name: Name): Tag => `${digests[name].root.digest.replace(':', '-')}.sig` as Tag;
  const dropSignature = (lab: Lab | undefined, name: Name) =>
    lab?.client.deleteTag(lab.at(`k8s-artifacts-prod/images/${name}`), signatureTag(name));

  /** The names that an image's signatures are for (cosign's SIGNATURE_SPEC.md, "Simple Signing"). */
  async function namesSigned(lab: Lab, name: Name): Promise<readonly string[]> {
    const repository = `${lab.proxy.url}/v2/k8s-artifacts-prod/images/${name}`;
    const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' };
    const manifest = (await (await fetch(`${repository}/manifests/${signatureTag(name)}`, { headers })).json()) as {
      layers: readonly { digest: string }[];
    };
    return Promise.all(
      manifest.layers.map(async ({ digest }) => {
        const payload = (await (await fetch(`${repository}/blobs/${digest}`)).json()) as {
          critical: { identity: { 'docker-reference': string } };
        };
        return payload.critical.identity['docker-reference'];
      }),
    );
  }

  it('E26, E27: promotes nothing when it is strict and a staging signature or attestation is a stranger’s', async () => {
    for (const name of ['strange', 'forged'] as const) {
      const { exit, stderr, stdout } = await run(
        ['cip', '--strict', '--confirm', '--on-failure=fail'],
        [name, 'signed'],
      );
      assert.equal(exit, 1, stderr);
      assert.match(`${stderr}${stdout}`, new RegExp(STRANGER.replaceAll('.', '\\.')));
    }
    for (const lab of labs().slice(1))
      assert.deepEqual(
        lab.writes().filter((write) => write.startsWith('PUT')),
        [],
      );
  });

  it('E26, E27: otherwise keeps back these, and promotes what is signed well or not at all', async () => {
    const { exit, stdout, stderr } = await run(['cip', '--confirm', '--json'], NAMES);
    assert.equal(exit, 3, stderr);
    const { quarantine } = JSON.parse(stdout) as { quarantine: readonly { destination: string; reason: string }[] };
    const kept = new Set(quarantine.map(({ destination, reason }) => `${destination.split('/').at(-1)} ${reason}`));
    assert.deepEqual([...kept].sort(), ['forged provenance-rejected', 'strange signature-refused']);
    for (const lab of labs().slice(1)) {
      for (const name of ['unsigned', 'signed', 'proven'] as const) {
        assert.equal(await promoted(lab, name), digests[name].root.digest);
      }
      for (const name of ['strange', 'forged'] as const) assert.equal(await promoted(lab, name), undefined);
    }
  });

  it('E25: signs under the name that users pull by, beside staging’s signature, on all registries', async () => {
    for (const lab of labs().slice(1)) {
      for (const name of ['unsigned', 'signed'] as const) {
        const { approved, output } = await stack.cosignVerify(2, imageIn(lab, name), DEFAULT_EMAIL);
        assert.ok(approved, output);
        assert.deepEqual(await namesSigned(lab, name), [`registry.k8s.io/${name}`]);
      }
      const { approved, output } = await stack.cosignVerify(3, imageIn(lab, 'signed'), BUILDER);
      assert.ok(approved, output);
    }
  });

  it('E28: attests once per name and digest, whatever the number of tags and mirrors, also when run again', async () => {
    assert.equal((await run(['cip', '--confirm'], ['unsigned', 'signed', 'proven'])).exit, 0);
    const flags = ['--allow-http-registry', '--type', PROMOTION, '--certificate-identity', DEFAULT_EMAIL];
    const { issuerUrl, trustedRootFile } = stack.sigstore;
    const trust = ['--certificate-oidc-issuer', issuerUrl, '--trusted-root', trustedRootFile];
    for (const lab of labs().slice(1)) {
      const { approved, output } = await stack.cosign(3, [
        'verify-attestation',
        ...flags,
        ...trust,
        imageIn(lab, 'unsigned'),
      ]);
      assert.ok(approved, output);
      assert.equal(output.match(/"payloadType"/g)?.length, 1, output);
    }
  });

  it('E29: replicates nothing where all is there, and what is missing or different where it is not', async () => {
    const names = ['unsigned', 'signed', 'strange'] as const;
    const counts = async (...flags: readonly string[]): Promise<readonly number[]> => {
      const { exit, stdout, stderr } = await run(['cip', 'replicate-signatures', '--full', '--json', ...flags], names);
      assert.equal(exit, 0, stderr);
      const { report } = JSON.parse(stdout) as {
        report: { counts: Record<'missing' | 'differing' | 'written', number> };
      };
      return [report.counts.missing, report.counts.differing, report.counts.written];
    };
    assert.deepEqual(await counts('--confirm'), [0, 0, 0]);
    await dropSignature(mirror, 'unsigned');
    assert.deepEqual(await counts(), [1, 0, 0]);
    assert.deepEqual(await counts('--confirm'), [1, 0, 1]);
    const { approved, output } = await stack.cosignVerify(2, imageIn(mirror, 'unsigned'), DEFAULT_EMAIL);
    assert.ok(approved, output);
  });

  it('E33: says of promoted images whether they are signed everywhere, and mends mirrors when told to', async () => {
    const names = ['unsigned', 'signed'] as const;
    const good = await run(['sigcheck'], names, DEFAULT_EMAIL);
    assert.deepEqual([good.exit, good.stdout], [0, 'Signature consistency OK!\n'], good.stderr);
    const stranger = await run(['sigcheck'], names, STRANGER);
    assert.equal(stranger.exit, 3);
    assert.match(
      stranger.stderr,
      /Fixing 2 unsigned images\n\(NOOP\) signing registry\.k8s\.io\/(?:un)?signed@sha256:/,
    );
    await dropSignature(mirror, 'signed');
    const partial = await run(['sigcheck'], names, DEFAULT_EMAIL);
    assert.equal(partial.exit, 3, partial.stderr);
    assert.match(partial.stderr, /Fixing 1 images with (?:partial|different) signatures\n\(NOOP\) replicating /);
    assert.equal(await mirror?.digestAt('k8s-artifacts-prod/images/signed', signatureTag('signed')), undefined);
    const mended = await run(['sigcheck', '--confirm'], names, DEFAULT_EMAIL);
    assert.deepEqual([mended.exit, mended.stdout], [0, 'Signature consistency OK!\n'], mended.stderr);
  });

  it('E33: checks without manifests, as kpromo does, what came to the production registry in the last days', async () => {
    const mirrors = join(directory, 'promoter-manifest.yaml');
    const hosts = labs().map((lab, at) => ({ name: lab.at(`images/${at}`), ...(at === 0 ? { src: true } : {}) }));
    await writeFile(mirrors, `registries: ${JSON.stringify(hosts)}\n`);
    const production = {
      ...service.environment,
      PROMOTER_PRODUCTION_REGISTRY: `${canonical?.at('k8s-artifacts-prod/images')}`,
      PROMOTER_PRODUCTION_MIRRORS: mirrors,
    };
    const whom = ['--certificate-identity', DEFAULT_EMAIL, '--certificate-oidc-issuer', stack.sigstore.issuerUrl];
    const check = (...args: readonly string[]) => promoter.run(['sigcheck', ...args, ...whom], { env: production });

    const none = await check('--from-days=7', '--to-days=1');
    assert.deepEqual([none.exit, none.stdout], [0, 'Signature consistency OK!\n'], none.stderr);
    assert.match(none.stderr, /^checking 0 images /m);
    await dropSignature(mirror, 'signed');
    const partial = await check('registry.k8s.io/signed:v1');
    assert.equal(partial.exit, 3, partial.stderr);
    assert.match(partial.stderr, /\(NOOP\) replicating registry\.k8s\.io\/signed@sha256:/);
    const mended = await check('--from-days=7', '--confirm');
    assert.deepEqual([mended.exit, mended.stdout], [0, 'Signature consistency OK!\n'], mended.stderr);
    assert.match(mended.stderr, /^checking 3 images uploaded since .* on .*images and 1 mirror$/m);
  });
});
