import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import type { RepositoryName } from '../../src/reference.ts';
import type { Descriptor } from '../../src/registry/registry.ts';
import { layersIn } from '../../src/signing/attach-layer.ts';
import { attachmentTag, blobOf, bundleManifest, layeredManifest } from '../../src/signing/attachment-manifest.ts';
import { attestDigest } from '../../src/signing/attest-digest.ts';
import { writeBlob } from '../../src/signing/blob-content.ts';
import { copySignatures, handSignatures } from '../../src/signing/copy-signatures.ts';
import { BUNDLE_V03, COSIGN_SIGN, DSSE_ENVELOPE, PROMOTION } from '../../src/signing/media-types.ts';
import { signDigest } from '../../src/signing/sign-digest.ts';
import { openSignatures } from '../../src/signing/signature-source.ts';
import { createMemorySigner } from '../support/memory-log.ts';
import { createMemorySigning } from '../support/memory-signing.ts';
import type { MemorySigning } from '../support/memory-signing.ts';

const from = 'canonical.test/app' as RepositoryName;
const to = 'mirror.test/app' as RepositoryName;
const third = 'other.test/app' as RepositoryName;
const identity = 'registry.k8s.io/app';

describe('handing signatures to another repository', () => {
  let signing: MemorySigning;
  let subject: Descriptor;
  beforeEach(async () => {
    signing = createMemorySigning();
    subject = await signing.pushImage(from, to, third);
    await signDigest(signing.context, { repository: from, subject, identity });
    const predicate = { run: 1 };
    await attestDigest(signing.context, { repository: from, subject, identity, predicateType: PROMOTION, predicate });
  });

  /** Attaches an `.att` manifest with these layers to the image at the source. */
  async function addAttestations(...texts: readonly string[]): Promise<void> {
    const blobs = texts.map((text) => blobOf(DSSE_ENVELOPE, Buffer.from(text)));
    const { manifest, config } = layeredManifest(blobs.map(({ descriptor }) => descriptor));
    for (const blob of [...blobs, config]) await writeBlob(signing.registry, from, blob);
    signing.registry.addManifest(from, manifest, [attachmentTag(subject.digest, 'att')]);
  }

  const sigAt = (repository: RepositoryName) =>
    signing.registry.tagOf(repository, attachmentTag(subject.digest, 'sig'));

  it('makes both equal, and they verify there', async () => {
    await addAttestations('one', 'two');
    const outcome = await copySignatures(signing.context, { from, to, subject });
    assert.deepEqual(outcome, { signatures: 1, attestations: 2, bundles: 2 });
    assert.ok(sigAt(to));
    assert.equal(sigAt(to), sigAt(from));
    const att = attachmentTag(subject.digest, 'att');
    assert.equal(signing.registry.tagOf(to, att), signing.registry.tagOf(from, att));
    const verified = (await signing.verdicts(to, subject.digest)).filter(({ status }) => status === 'verified');
    assert.deepEqual(verified.map(({ format }) => format).toSorted(), ['bundle', 'bundle', 'sig-tag']);
  });

  it('changes nothing the second time', async () => {
    await copySignatures(signing.context, { from, to, subject });
    const before = signing.writes();
    const again = await copySignatures(signing.context, { from, to, subject });
    assert.deepEqual([again, signing.writes()], [{ signatures: 0, attestations: 0, bundles: 0 }, before]);
  });

  it('takes only the kinds that were asked for', async () => {
    await addAttestations('one');
    for (const [kinds, expected] of [
      [['att'], { signatures: 0, attestations: 1, bundles: 0 }],
      [['bundles'], { signatures: 0, attestations: 0, bundles: 2 }],
      [['sig'], { signatures: 1, attestations: 0, bundles: 0 }],
    ] as const) {
      assert.deepEqual(await copySignatures(signing.context, { from, to, subject, kinds }), expected);
    }
  });

  it('reads the source once, however many repositories there are', async () => {
    const source = openSignatures(signing.registry, from, subject);
    await handSignatures(signing.context, source, to);
    const reads = (): number => signing.registry.count('openBlob', 'canonical.test');
    const before = reads();
    const outcome = await handSignatures(signing.context, source, third);
    assert.deepEqual([outcome, reads()], [{ signatures: 1, attestations: 0, bundles: 2 }, before]);
  });

  it('adds to what the destination has of its own', async () => {
    const other = createMemorySigner();
    await signDigest({ ...signing.context, signer: other }, { repository: to, subject, identity });
    const outcome = await copySignatures(signing.context, { from, to, subject });
    assert.deepEqual(outcome, { signatures: 1, attestations: 0, bundles: 2 });
    for (const key of [signing.publicKey, other.publicKey]) {
      const verdicts = await signing.verdicts(to, subject.digest, [key]);
      const verified = verdicts.filter(({ status, kind }) => status === 'verified' && kind === 'signature');
      assert.deepEqual(verified.map(({ format }) => format).toSorted(), ['bundle', 'sig-tag']);
    }
    const before = signing.writes();
    await copySignatures(signing.context, { from, to, subject });
    assert.equal(signing.writes(), before);
  });

  it('leaves behind what the source cannot give back, and hands over the rest', async () => {
    await addAttestations('whole', 'lost');
    const lost = blobOf(DSSE_ENVELOPE, Buffer.from('lost')).descriptor.digest;
    signing.registry.deleteBlob(from, lost);
    const outcome = await copySignatures(signing.context, { from, to, subject });
    assert.deepEqual(outcome, { signatures: 1, attestations: 1, bundles: 2 });
    const manifest = await signing.registry.getManifest(to, attachmentTag(subject.digest, 'att'));
    assert.deepEqual(
      layersIn(manifest).map(({ digest }) => digest),
      [blobOf(DSSE_ENVELOPE, Buffer.from('whole')).descriptor.digest],
    );
  });

  it('does not hand over a bundle of which the content is damaged, or that is about another image', async () => {
    const { context, registry } = signing;
    const listed = await registry.listReferrers(from, subject.digest);
    const manifest = await registry.getManifest(from, listed[0]?.digest ?? subject.digest);
    const [layer] = layersIn(manifest);
    assert.ok(layer);
    registry.corrupt(layer.digest, Buffer.from('something else'));

    const other: Descriptor = { ...subject, digest: `sha256:${'b'.repeat(64)}` as Descriptor['digest'] };
    const bundle = blobOf(BUNDLE_V03, Buffer.from('{}'));
    await writeBlob(registry, from, bundle);
    const elsewhere = bundleManifest(other, bundle.descriptor, COSIGN_SIGN, new Date(0));
    await context.pushReferrer(from, subject, elsewhere);
    const notJson = Buffer.from('x');
    const broken = { mediaType: subject.mediaType, bytes: notJson, digest: blobOf('x', notJson).descriptor.digest };
    registry.addManifest(from, broken);
    const all = await registry.listReferrers(from, subject.digest);
    const plain = { ...registry };
    registry.listReferrers = async (repository, digest) =>
      repository === from
        ? [...all, { digest: broken.digest, mediaType: broken.mediaType, size: 1 }]
        : plain.listReferrers(repository, digest);

    assert.deepEqual(await copySignatures(context, { from, to, subject }), {
      signatures: 1,
      attestations: 0,
      bundles: 1,
    });
    const [handed, ...more] = await plain.listReferrers(to, subject.digest);
    assert.deepEqual([handed?.digest, more], [listed[1]?.digest, []]);
  });

  it("fails when a registry does, since that is no statement about the source's content", async () => {
    signing.registry.before = ({ name, repository }) => {
      if (name === 'openBlob' && repository === from) throw new PromoterError('RegistryUnavailable', 'down');
    };
    await assert.rejects(copySignatures(signing.context, { from, to, subject }), { code: 'RegistryUnavailable' });
    assert.equal(sigAt(to), undefined);
  });

  it('does not even read referrers that say they are something else', async () => {
    const { registry } = signing;
    const plain = { ...registry };
    const digest = `sha256:${'c'.repeat(64)}` as Descriptor['digest'];
    registry.listReferrers = async (...place) => [
      ...(await plain.listReferrers(...place)),
      ...(place[0] === from ? [{ ...subject, digest, artifactType: 'application/spdx+json' }] : []),
    ];
    await copySignatures(signing.context, { from, to, subject });
    assert.ok(!registry.calls.some(({ reference }) => reference === digest));
  });

  it('has nothing to hand over of an unsigned image', async () => {
    const fresh = createMemorySigning();
    const unsigned = await fresh.pushImage(from, to);
    const before = fresh.writes();
    const outcome = await copySignatures(fresh.context, { from, to, subject: unsigned });
    assert.deepEqual([outcome, fresh.writes()], [{ signatures: 0, attestations: 0, bundles: 0 }, before]);
  });
});
