import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import type { RepositoryName } from '../../src/reference.ts';
import { attachmentTag } from '../../src/signing/attachment-manifest.ts';
import { signDigest } from '../../src/signing/sign-digest.ts';
import { createMemoryLog, createMemorySigner } from '../support/memory-log.ts';
import { createMemorySigning } from '../support/memory-signing.ts';

const repository = 'prod.test/app' as RepositoryName;
const identity = 'registry.k8s.io/app';

describe('signing a digest', () => {
  it('attaches a legacy signature and a bundle, both of which verify, and tells where they are logged', async () => {
    const { context, pushImage, verdicts, told } = createMemorySigning();
    const subject = await pushImage(repository);
    const annotations = { team: 'release' };
    const outcome = await signDigest(context, { repository, subject, identity, annotations });
    assert.deepEqual(outcome, { legacy: 'written', bundle: 'written' });

    const found = await verdicts(repository, subject.digest);
    assert.deepEqual(
      found.map(({ format, kind, status, annotations: said }) => [format, kind, status, said]),
      [
        ['sig-tag', 'signature', 'verified', annotations],
        ['bundle', 'signature', 'verified', annotations],
      ],
    );
    assert.equal(found[0]?.dockerReference, identity);
    const { digest } = subject;
    for (const { format, log } of found) {
      const record = told.find((one) => one.format === format);
      assert.deepEqual(record, { kind: 'signature', format, repository, digest, identity, outcome: 'written', log });
      assert.equal(log.length, 1);
    }
    assert.equal(told.length, 2);
  });

  it('writes nothing where both are there', async () => {
    const { context, pushImage, writes, told } = createMemorySigning();
    const subject = await pushImage(repository);
    await signDigest(context, { repository, subject, identity });
    const before = writes();
    const again = await signDigest(context, { repository, subject, identity, annotations: { more: 'yes' } });
    assert.deepEqual(again, { legacy: 'already-valid', bundle: 'already-valid' });
    assert.equal(writes(), before);
    assert.deepEqual(
      told.slice(2).map(({ format, outcome }) => [format, outcome]),
      [
        ['sig-tag', 'already-valid'],
        ['bundle', 'already-valid'],
      ],
    );
  });

  it("leaves another signer's signatures where they are, and does not count them", async () => {
    const { context, pushImage, verdicts, publicKey } = createMemorySigning();
    const subject = await pushImage(repository);
    await signDigest(context, { repository, subject, identity });
    const other = createMemorySigner();
    const outcome = await signDigest({ ...context, signer: other }, { repository, subject, identity });
    assert.deepEqual(outcome, { legacy: 'written', bundle: 'written' });
    for (const key of [publicKey, other.publicKey]) {
      const statuses = (await verdicts(repository, subject.digest, [key])).map(({ status }) => status).toSorted();
      assert.deepEqual(statuses, ['unverifiable', 'unverifiable', 'verified', 'verified']);
    }
  });

  it('does not take a legacy signature under another name for one under this', async () => {
    const { context, pushImage, verdicts } = createMemorySigning();
    const subject = await pushImage(repository);
    await signDigest(context, { repository, subject, identity: 'registry.k8s.io/other' });
    const outcome = await signDigest(context, { repository, subject, identity });
    assert.deepEqual(outcome, { legacy: 'written', bundle: 'already-valid' });
    const names = (await verdicts(repository, subject.digest)).flatMap(({ dockerReference }) => dockerReference ?? []);
    assert.deepEqual(names.toSorted(), [identity, 'registry.k8s.io/other']);
  });

  it('cannot make a legacy signature where no log promises a time', async () => {
    const { context, pushImage, registry } = createMemorySigning();
    const subject = await pushImage(repository);
    const witnesses = { bundle: context.witnesses.bundle };
    const outcome = await signDigest({ ...context, witnesses }, { repository, subject, identity });
    assert.deepEqual(outcome, { legacy: 'impossible', bundle: 'written' });
    assert.equal(
      registry.calls.filter(({ name, reference }) => name === 'putManifest' && reference.endsWith('.sig')).length,
      0,
    );
  });

  it('fails when what it wrote does not verify, as with the log of another trust root', async () => {
    const { context, pushImage, told } = createMemorySigning();
    const subject = await pushImage(repository);
    const signing = signDigest({ ...context, trust: createMemoryLog().trust }, { repository, subject, identity });
    await assert.rejects(signing, {
      code: 'SignatureInvalid',
      message: /prod\.test\/app@sha256:\w+ does not verify: .*check that the trusted root/,
    });
    assert.deepEqual(told, []);
  });

  it('fails when a bundle is gone again at once', async () => {
    const { context, pushImage } = createMemorySigning();
    const subject = await pushImage(repository);
    const forgetful = { ...context, pushReferrer: async () => {} };
    await assert.rejects(signDigest(forgetful, { repository, subject, identity }), {
      code: 'SignatureInvalid',
      message: /it is not there/,
    });
  });

  it('lets go of the digest only when neither format is under way any more', async () => {
    const { context, pushImage, registry } = createMemorySigning();
    const subject = await pushImage(repository);
    let refused: (() => void) | undefined;
    const refusal = new Promise<void>((resolve) => (refused = resolve));
    const isLegacyTag = (reference: string): boolean => reference === attachmentTag(subject.digest, 'sig');
    registry.before = async ({ name, reference }) => {
      if (name !== 'putManifest' || !isLegacyTag(reference)) return;
      await refusal;
      await new Promise(setImmediate);
    };
    const pushReferrer = async (): Promise<never> => {
      refused?.();
      throw new PromoterError('RegistryDenied', 'no');
    };
    const signing = signDigest({ ...context, pushReferrer }, { repository, subject, identity });
    await assert.rejects(signing, { code: 'RegistryDenied' });
    assert.ok(registry.tagOf(repository, attachmentTag(subject.digest, 'sig')));
  });
});
