import assert from 'node:assert/strict';
import { parseRepository } from '../../src/reference.ts';
import type { RepositoryName } from '../../src/reference.ts';
import type { Descriptor } from '../../src/registry/registry.ts';
import { attachmentTag } from '../../src/signing/attachment-manifest.ts';
import { attestDigest } from '../../src/signing/attest-digest.ts';
import { copySignatures, handSignatures } from '../../src/signing/copy-signatures.ts';
import { PROMOTION, SIGNATURE_ANNOTATION } from '../../src/signing/media-types.ts';
import { openSignatures } from '../../src/signing/signature-source.ts';
import { signDigest } from '../../src/signing/sign-digest.ts';
import { startSigningStack } from '../support/signing-stack.ts';
import type { SigningStack } from '../support/signing-stack.ts';
import { flipped, readLegacyLayer, writeLegacyLayer } from '../support/tampering.ts';

const EMAIL = 'krel-trust@example.test';
const IDENTITY = 'registry.k8s.io/test/app';
const NOTHING = { signatures: 0, attestations: 0, bundles: 0 };

describe('handing signatures on', () => {
  let stack: SigningStack;
  let pairs = 0;
  before(async () => {
    stack = await startSigningStack();
  });
  after(() => stack.stop());

  /** The same image in two repositories of these hosts. */
  async function pair(
    fromHost = stack.distribution,
    toHost = stack.distribution,
  ): Promise<{ from: RepositoryName; to: RepositoryName; subject: Descriptor }> {
    pairs += 1;
    const from = parseRepository(`${fromHost}/canonical/${pairs}`);
    const to = parseRepository(`${toHost}/mirror/${pairs}`);
    const subject = await stack.pushImage(from);
    const content = await stack.registry.getManifest(from, subject.digest);
    assert.ok(content);
    const manifest = JSON.parse(Buffer.from(content.bytes).toString()) as { config: Descriptor; layers: Descriptor[] };
    for (const { digest, size } of [manifest.config, ...manifest.layers]) {
      const bytes = Buffer.concat(await (await stack.registry.openBlob(from, { digest, size })).toArray());
      await stack.registry.putBlob(await stack.registry.openUpload(to), { digest, size }, () => bytes);
    }
    await stack.registry.putManifest(to, subject.digest, content);
    return { from, to, subject };
  }

  async function signAndAttest(repository: RepositoryName, subject: Descriptor, email = EMAIL): Promise<void> {
    const context = await stack.signingAs(email);
    await signDigest(context, { repository, subject, identity: IDENTITY });
    const predicate = { digest: subject.digest };
    await attestDigest(context, { repository, subject, identity: IDENTITY, predicateType: PROMOTION, predicate });
  }

  for (const [fromHost, toHost] of [
    ['distribution', 'distribution'],
    ['distribution', 'withReferrers'],
    ['withReferrers', 'distribution'],
  ] as const) {
    it(`a mirror ends up with the same signatures, once (${fromHost} to ${toHost})`, async () => {
      const request = await pair(stack[fromHost], stack[toHost]);
      const { from, to, subject } = request;
      const context = await stack.signingAs(EMAIL);
      assert.deepEqual(await copySignatures(context, request), NOTHING);
      await signAndAttest(from, subject);
      assert.deepEqual(await copySignatures(context, request), { signatures: 1, attestations: 0, bundles: 2 });
      assert.deepEqual(await copySignatures(context, request), NOTHING);
      const tag = attachmentTag(subject.digest, 'sig');
      const heads = await Promise.all([from, to].map((repository) => stack.registry.headManifest(repository, tag)));
      assert.equal(heads[0]?.digest, heads[1]?.digest);
      for (const version of [2, 3] as const) {
        const { approved, output } = await stack.cosignVerify(version, `${to}@${subject.digest}`, EMAIL);
        assert.ok(approved, output);
      }
    });
  }

  it('a signature that the destination already has stays, and both verify', async () => {
    const request = await pair();
    const { from, to, subject } = request;
    await signAndAttest(from, subject, 'staging@example.test');
    await signAndAttest(to, subject);
    const context = await stack.signingAs(EMAIL);
    assert.deepEqual(await copySignatures(context, request), { signatures: 1, attestations: 0, bundles: 2 });
    assert.deepEqual(await copySignatures(context, request), NOTHING);
    for (const email of ['staging@example.test', EMAIL]) {
      for (const flags of [[], ['--new-bundle-format=false']]) {
        const { approved, output } = await stack.cosignVerify(3, `${to}@${subject.digest}`, email, flags);
        assert.ok(approved, output);
      }
    }
  });

  it('a source whose signature was spoilt does not spoil the destination', async () => {
    const request = await pair();
    const { from, to, subject } = request;
    await signAndAttest(from, subject);
    const context = await stack.signingAs(EMAIL);
    await copySignatures(context, request);
    const good = await readLegacyLayer(stack.registry, from, subject);
    const spoilt = {
      ...good.annotations,
      [SIGNATURE_ANNOTATION]: flipped(good.annotations[SIGNATURE_ANNOTATION] ?? ''),
    };
    await writeLegacyLayer(stack.registry, from, subject, { ...good, annotations: spoilt });
    await copySignatures(context, request);
    const judged = await stack.cosignVerify(3, `${to}@${subject.digest}`, EMAIL, ['--new-bundle-format=false']);
    assert.ok(judged.approved, judged.output);
  });

  it('a changed signature at the source reaches the mirror, though it has one', async () => {
    const request = await pair();
    const { from, to, subject } = request;
    await signAndAttest(from, subject);
    const context = await stack.signingAs(EMAIL);
    await copySignatures(context, request);
    await signAndAttest(from, subject, 'second@example.test');
    assert.deepEqual(await copySignatures(context, request), { signatures: 1, attestations: 0, bundles: 2 });
    const judged = await stack.cosignVerify(3, `${to}@${subject.digest}`, 'second@example.test');
    assert.ok(judged.approved, judged.output);
  });

  it('many mirrors cost the source one reading', async () => {
    const { from, to, subject } = await pair();
    await signAndAttest(from, subject);
    const context = await stack.signingAs(EMAIL);
    const reads = new Map<string, number>();
    const counting: typeof stack.registry = {
      ...stack.registry,
      getManifest(repository, reference) {
        const name = `${repository} ${reference}`;
        reads.set(name, (reads.get(name) ?? 0) + 1);
        return stack.registry.getManifest(repository, reference);
      },
    };
    const source = openSignatures(counting, from, subject);
    const outcomes = await Promise.all([handSignatures(context, source, to), handSignatures(context, source, to)]);
    assert.deepEqual(outcomes, [{ signatures: 1, attestations: 0, bundles: 2 }, NOTHING]);
    assert.ok([...reads.values()].every((count) => count === 1));
  });

  it('a layer whose payload the source has lost is left out', async () => {
    const request = await pair();
    const { from, to, subject } = request;
    await signAndAttest(from, subject);
    await signAndAttest(from, subject, 'second@example.test');
    const context = await stack.signingAs(EMAIL);
    const { payload } = await readLegacyLayer(stack.registry, from, subject);
    const lost: typeof stack.registry = {
      ...stack.registry,
      openBlob: async (repository, blob) =>
        repository === from && blob.size === payload.length && blob.digest.length > 0
          ? stack.registry.openBlob(repository, { ...blob, digest: `sha256:${'0'.repeat(64)}` as typeof blob.digest })
          : stack.registry.openBlob(repository, blob),
    };
    assert.deepEqual(await copySignatures({ ...context, registry: lost }, { ...request, kinds: ['sig'] }), NOTHING);
    assert.equal(await stack.registry.headManifest(to, attachmentTag(subject.digest, 'sig')), undefined);
  });
});
