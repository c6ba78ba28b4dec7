import assert from 'node:assert/strict';
import type { RepositoryName } from '../../src/reference.ts';
import { attachBundle } from '../../src/signing/attach-bundle.ts';
import { attestDigest } from '../../src/signing/attest-digest.ts';
import { judge } from '../../src/signing/judgement.ts';
import { BUNDLE_PREDICATE_ANNOTATION, PROMOTION } from '../../src/signing/media-types.ts';
import { createMemoryLog, createMemorySigner } from '../support/memory-log.ts';
import { createMemorySigning } from '../support/memory-signing.ts';
import { SIGNED, fixtureOptions } from './fixtures/signed.ts';

const repository = 'prod.test/app' as RepositoryName;
const BASE = { repository, identity: 'registry.k8s.io/app', predicateType: PROMOTION, predicate: { run: 1 } };

describe('attesting a digest', () => {
  it('attaches a statement that verifies, and tells where it is logged', async () => {
    const { context, pushImage, verdicts, told } = createMemorySigning();
    const subject = await pushImage(repository);
    assert.deepEqual(await attestDigest(context, { ...BASE, subject }), { attestation: 'written' });
    const [found, ...more] = await verdicts(repository, subject.digest);
    assert.deepEqual([found?.status, found?.kind, more], ['verified', 'attestation', []]);
    const { digest } = subject;
    assert.deepEqual(found?.statement, {
      version: 'v1',
      subjects: [{ name: BASE.identity, digest }],
      predicateType: PROMOTION,
      predicate: { run: 1 },
    });
    const { identity } = BASE;
    const told1 = { kind: 'attestation', format: 'bundle', repository, digest, identity, log: found.log };
    assert.deepEqual(told, [{ ...told1, outcome: 'written' }]);
  });

  it('is done once for each signer, name and type', async () => {
    const { context, pushImage, writes, told } = createMemorySigning();
    const subject = await pushImage(repository);
    await attestDigest(context, { ...BASE, subject });
    const before = writes();
    const again = await attestDigest(context, { ...BASE, subject, predicate: { run: 2 } });
    assert.deepEqual([again, writes()], [{ attestation: 'already-valid' }, before]);
    assert.equal(told[1]?.outcome, 'already-valid');

    for (const [otherContext, change] of [
      [context, { identity: 'registry.k8s.io/other' }],
      [context, { predicateType: 'https://example.test/other' }],
      [{ ...context, signer: createMemorySigner() }, {}],
    ] as const) {
      const outcome = await attestDigest(otherContext, { ...BASE, subject, ...change });
      assert.deepEqual(outcome, { attestation: 'written' }, JSON.stringify(change));
    }
  });

  it('is not done by what only calls itself so, nor by a stranger whose signature holds', async () => {
    const { context, pushImage, registry } = createMemorySigning();
    const subject = await pushImage(repository);
    await attestDigest(context, { ...BASE, subject, predicateType: 'https://example.test/other' });
    const annotations = { [BUNDLE_PREDICATE_ANNOTATION]: PROMOTION };
    const plain = { ...registry };
    registry.listReferrers = async (...place) =>
      (await plain.listReferrers(...place)).map((listed) => ({ ...listed, annotations }));
    assert.deepEqual(await attestDigest(context, { ...BASE, subject }), { attestation: 'written' });

    const about = { ...subject, digest: SIGNED.digest };
    const bundle = Buffer.from(JSON.stringify(SIGNED.attestation));
    const found = await attachBundle(context, { repository, subject: about, bundle, predicateType: PROMOTION });
    const options = { ...fixtureOptions(), trust: context.trust };
    assert.ok(found && judge(found, options).status === 'verified');
    const request = { ...BASE, subject: about, identity: SIGNED.identity };
    assert.deepEqual(await attestDigest(context, request), { attestation: 'written' });
  });

  it('fails when what it wrote does not verify', async () => {
    const { context, pushImage } = createMemorySigning();
    const subject = await pushImage(repository);
    const distrusting = { ...context, trust: createMemoryLog().trust };
    await assert.rejects(attestDigest(distrusting, { ...BASE, subject }), { code: 'SignatureInvalid' });
  });
});
