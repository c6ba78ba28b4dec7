import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProgram, runProgram } from '../../src/client/program.ts';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import { createCopier } from '../../src/registry/copy.ts';
import type { Descriptor } from '../../src/registry/registry.ts';
import { attachmentTag, blobOf, layeredManifest } from '../../src/signing/attachment-manifest.ts';
import { writeBlob } from '../../src/signing/blob-content.ts';
import { SIGNATURE_ANNOTATION, SIMPLE_SIGNING } from '../../src/signing/media-types.ts';
import { signDigest } from '../../src/signing/sign-digest.ts';
import type { SignatureFinding } from '../../src/workflows/replication-messages.ts';
import { captureOutput } from '../client/captured-output.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { startDistribution, type TestRegistry } from '../support/registries.ts';
import { startSigningStack, type SigningStack } from '../support/signing-stack.ts';

const EMAIL = 'promoter@example.test';
const NAMES = ['whole', 'partial', 'replaced', 'unsigned'] as const;

type Name = (typeof NAMES)[number];

interface Result {
  readonly outcome: string;
  readonly exitCode: number;
  readonly images: number;
  readonly mended: number;
  readonly findings: readonly SignatureFinding[];
}

describe('promoter sigcheck', function () {
  this.timeout(120_000);
  let directory: string;
  let stack: SigningStack;
  let mirrors: readonly TestRegistry[];
  let service: PromotionService;
  const images = new Map<Name, Descriptor>();

  const repository = (host: string, name: Name): RepositoryName => `${host}/prod/${name}` as RepositoryName;
  const digestOf = (name: Name): Digest => images.get(name)?.digest ?? assert.fail(`${name} has been pushed`);

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sigcheck-'));
    [stack, mirrors] = await Promise.all([
      startSigningStack(),
      Promise.all([startDistribution(), startDistribution()]),
    ]);
    const copier = createCopier(stack.registry, { spool: { directory: join(directory, 'spool') } });
    const context = await stack.signingAs(EMAIL);
    for (const name of NAMES) {
      const source = repository(stack.distribution, name);
      const subject = await stack.pushImage(source);
      images.set(name, subject);
      const targets = mirrors.map(({ host }) => ({
        repository: repository(host, name),
        tags: ['v1' as Tag],
        hasDigest: false,
      }));
      await copier.copy({ source, digest: subject.digest, targets });
      if (name === 'unsigned') continue;
      const signedAt = [stack.distribution, ...mirrors.map(({ host }) => host)].slice(0, name === 'partial' ? 2 : 1);
      const identity = `images.example.test/${name}`;
      for (const host of signedAt) await signDigest(context, { repository: repository(host, name), subject, identity });
    }
    const registries = [stack.distribution, ...mirrors.map(({ host }) => host)].map((host) => `- name: ${host}/prod\n`);
    const entries = NAMES.map((name) => `- name: ${name}\n  dmap:\n    "${digestOf(name)}": ["v1"]\n`);
    await writeFile(
      join(directory, 'manifest.yaml'),
      `registries:\n- name: 127.0.0.1:1/staging\n  src: true\n${registries.join('')}images:\n${entries.join('')}`,
    );
    service = await startPromotionService({
      directory,
      environment: {
        PROMOTER_IDENTITIES: 'prod=images.example.test',
        PROMOTER_CANONICAL_HOST: stack.distribution,
        PROMOTER_REPLICATION_SHARE: '1',
        PROMOTER_TRUSTED_ROOT: stack.sigstore.trustedRootFile,
      },
    });
  });
  after(async () => {
    await service?.stop();
    await Promise.all([stack?.stop(), ...(mirrors ?? []).map((mirror) => mirror.stop())]);
    await rm(directory, { recursive: true, force: true });
  });

  async function sigcheck(...args: readonly string[]) {
    const { captured, output } = captureOutput();
    const planStore = service.environment['PROMOTER_PLAN_STORE'] ?? '';
    const where = ['--address', service.server.address, '--plan-store', planStore];
    const who = ['--certificate-identity', EMAIL, '--certificate-oidc-issuer', stack.sigstore.issuerUrl];
    const what = ['--manifest', join(directory, 'manifest.yaml')];
    await runProgram(createProgram(output), ['sigcheck', ...what, ...who, ...where, ...args], output);
    return captured;
  }

  /** Puts a `.sig` there that nobody signed. */
  async function spoil(where: RepositoryName, digest: Digest): Promise<void> {
    const layer = blobOf(SIMPLE_SIGNING, Buffer.from('{}'), { [SIGNATURE_ANNOTATION]: 'AAAA' });
    const { manifest, config } = layeredManifest([layer.descriptor]);
    for (const blob of [layer, config]) await writeBlob(stack.registry, where, blob);
    await stack.registry.putManifest(where, attachmentTag(digest, 'sig'), manifest);
  }

  async function assertVerifies(name: Name): Promise<void> {
    for (const { host } of mirrors) {
      for (const version of [2, 3] as const) {
        const image = `${repository(host, name)}@${digestOf(name)}`;
        const { approved, output } = await stack.cosignVerify(version, image, EMAIL);
        assert.ok(approved, output);
      }
    }
  }

  const statesOf = ({ findings }: Result): Readonly<Record<string, string>> =>
    Object.fromEntries(findings.map(({ identity, state }) => [identity.split('/').at(-1), state]));

  it('says which images are not signed everywhere, and writes nothing', async () => {
    const [mirror] = mirrors;
    await spoil(repository(mirror?.host ?? '', 'replaced'), digestOf('replaced'));
    const checked = await sigcheck('--json');
    assert.equal(checked.exitCode, 3, checked.stderr);
    const result = JSON.parse(checked.stdout) as Result;
    assert.deepEqual([result.outcome, result.images, result.mended], ['inconsistent', NAMES.length, 0]);
    assert.deepEqual(statesOf(result), {
      whole: 'partial',
      partial: 'partial',
      replaced: 'partial',
      unsigned: 'unsigned',
    });
    const again = JSON.parse((await sigcheck('--json')).stdout) as Result;
    assert.deepEqual(again.findings, result.findings);
  });

  it('makes mirrors equal with --confirm, so that cosign verifies there, and says what is left', async () => {
    const mended = await sigcheck('--confirm', '--json');
    assert.equal(mended.exitCode, 3, mended.stderr);
    assert.match(mended.stderr, /Fixing 3 images with partial signatures/);
    assert.match(mended.stderr, /1 unsigned image: nothing to replicate; a promotion signs them/);
    const result = JSON.parse(mended.stdout) as Result;
    assert.deepEqual([result.outcome, result.exitCode, result.mended], ['inconsistent', 3, 3]);
    assert.deepEqual(statesOf(result), { unsigned: 'unsigned' });
    for (const name of ['whole', 'partial', 'replaced'] as const) await assertVerifies(name);
  });

  it('ends with 0 when what it is asked about is signed everywhere', async () => {
    const mirror = repository(mirrors[1]?.host ?? '', 'whole');
    await stack.registry.deleteTag(mirror, attachmentTag(digestOf('whole'), 'sig'));
    const others = ['partial', 'replaced'].map((name) => `images.example.test/${name}`);
    assert.equal((await sigcheck(...others)).exitCode, 0);
    const mended = await sigcheck('--confirm', 'images.example.test/whole');
    assert.deepEqual([mended.exitCode, mended.stdout], [0, 'Signature consistency OK!\n']);
    await assertVerifies('whole');
  });
});
