import assert from 'node:assert/strict';
import { hostOf, pathOf, type Tag } from '../../src/reference.ts';
import { attachmentTag, blobOf, parseAttachmentManifest } from '../../src/signing/attachment-manifest.ts';
import { SIGNER, startSignatureStage, type SignatureStage } from '../support/signature-stage.ts';

describe('replicating real signatures', function () {
  this.timeout(120_000);
  let stage: SignatureStage;

  before(async () => void (stage = await startSignatureStage()));
  after(() => stage?.stop());

  it('gives every mirror both formats, for an index and its children', async () => {
    const { source, mirrors, subjects, replicate, check, digest } = await stage.scene('index');
    await stage.sign(source, subjects);
    assert.deepEqual(
      (await check()).map(({ state, missing }) => [state, missing]),
      [['partial', [...mirrors].sort()]],
    );
    const tally = await replicate();
    assert.deepEqual(tally.residue.samples, []);
    for (const mirror of mirrors) {
      for (const subject of subjects) {
        await stage.assertVerifies(mirror, subject.digest);
        assert.equal(await stage.signatureOf(mirror, subject.digest), await stage.signatureOf(source, subject.digest));
      }
      const listed = await stage.stack.registry.listReferrers(mirror, digest);
      assert.equal(listed.length, 1);
    }
    assert.equal((await replicate()).counts.written, 0, 'a second time there is nothing to do');
    assert.deepEqual(await check(), []);
  });

  it('mends signatures that were replaced or deleted on a mirror, and says which', async () => {
    const { source, mirrors, subjects, replicate, digest } = await stage.scene();
    await stage.sign(source, subjects);
    await replicate();
    await stage.spoil(mirrors[0], digest);
    await stage.stack.registry.deleteTag(mirrors[1], attachmentTag(digest, 'sig'));
    const tally = await replicate();
    assert.deepEqual(tally.residue.samples, []);
    assert.deepEqual(tally.mended.samples.map(({ mirror }) => mirror).sort(), [...mirrors].sort());
    for (const mirror of mirrors) {
      assert.equal(await stage.signatureOf(mirror, digest), await stage.signatureOf(source, digest));
      await stage.assertVerifies(mirror, digest);
    }
  });

  it('restores what is gone below intact manifests, of both formats', async () => {
    const { source, mirrors, subjects, replicate, check, digest } = await stage.scene();
    await stage.sign(source, subjects);
    await replicate();
    const [bundle] = await stage.stack.registry.listReferrers(mirrors[0], digest);
    assert.ok(bundle !== undefined);
    for (const mirror of mirrors) {
      for (const manifest of [attachmentTag(digest, 'sig'), bundle.digest]) {
        const content = await stage.stack.registry.getManifest(mirror, manifest);
        const [layer] = parseAttachmentManifest(content?.bytes ?? Buffer.of()).layers;
        const url = `http://${hostOf(mirror)}/v2/${pathOf(mirror)}/blobs/${layer?.digest}`;
        assert.equal((await fetch(url, { method: 'DELETE' })).status, 202);
      }
    }
    assert.deepEqual(
      (await check()).map(({ state, missing }) => [state, missing]),
      [['partial', [...mirrors].sort()]],
    );
    const tally = await replicate();
    assert.deepEqual(tally.residue.samples, []);
    assert.equal(tally.counts.damaged, 2 * mirrors.length);
    for (const mirror of mirrors) await stage.assertVerifies(mirror, digest);
    assert.deepEqual(await check(), []);
  });

  it('restores a list of referrers that was emptied', async () => {
    const { source, mirrors, subjects, replicate, digest } = await stage.scene();
    await stage.sign(source, subjects);
    await replicate();
    const bytes = Buffer.from(
      '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
    );
    const { descriptor } = blobOf('application/vnd.oci.image.index.v1+json', bytes);
    const fallback = digest.replace(':', '-') as Tag;
    await stage.stack.registry.putManifest(mirrors[0], fallback, { ...descriptor, bytes });
    assert.equal((await stage.stack.registry.listReferrers(mirrors[0], digest)).length, 0);
    await replicate();
    await stage.assertVerifies(mirrors[0], digest);
  });

  it('brings a second signature to mirrors, and keeps what verifies on one of them only', async () => {
    const { source, mirrors, subjects, replicate, digest } = await stage.scene();
    await stage.sign(source, subjects);
    await replicate();
    await stage.sign(source, subjects, 'second@example.test');
    await stage.sign(mirrors[0], subjects, 'local@example.test');
    const tally = await replicate();
    assert.deepEqual(tally.residue.samples, []);
    for (const email of [SIGNER, 'second@example.test', 'local@example.test']) {
      await stage.assertVerifies(mirrors[0], digest, email);
    }
    for (const email of [SIGNER, 'second@example.test']) await stage.assertVerifies(mirrors[1], digest, email);
    const again = await replicate();
    assert.equal(again.counts.differing, 0, 'a difference that was looked into is not looked into again');
    assert.equal(again.counts.written, 0);
  });

  it('never replaces a signature that verifies by one that does not', async () => {
    const { source, mirrors, subjects, replicate, digest } = await stage.scene();
    await stage.sign(source, subjects);
    await replicate();
    await stage.spoil(source, digest);
    const tally = await replicate();
    assert.deepEqual(
      tally.residue.samples.map(({ mirror, reason }) => [mirror, reason]),
      mirrors.map((mirror) => [mirror, 'SignatureInvalid']),
    );
    for (const mirror of mirrors) await stage.assertVerifies(mirror, digest);
  });

  it('counts only signatures that verify, by whom the rules name', async () => {
    const { source, subjects, check, mirrors, replicate } = await stage.scene();
    assert.deepEqual(
      (await check()).map(({ state }) => state),
      ['unsigned'],
    );
    await stage.sign(source, subjects, 'somebody@example.test');
    await replicate();
    assert.deepEqual(
      (await check()).map(({ state, missing }) => [state, missing]),
      [['unsigned', [source, ...[...mirrors].sort()]]],
    );
  });
});
