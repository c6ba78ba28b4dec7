import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import { createCopier } from '../../src/registry/copy.ts';
import type { Descriptor } from '../../src/registry/registry.ts';
import { layersIn } from '../../src/signing/attach-layer.ts';
import { attachmentTag } from '../../src/signing/attachment-manifest.ts';
import { attestDigest } from '../../src/signing/attest-digest.ts';
import { PROMOTION } from '../../src/signing/media-types.ts';
import type { SignatureGap } from '../../src/signing/signature-gap.ts';
import { mendSignatures } from '../../src/signing/signature-mending.ts';
import type { MendingContext } from '../../src/signing/signature-mending.ts';
import { signDigest } from '../../src/signing/sign-digest.ts';
import { openSourceSignatures } from '../../src/signing/source-signatures.ts';
import { createMemorySigner } from '../support/memory-log.ts';
import { createMemorySigning } from '../support/memory-signing.ts';
import type { MemorySigning } from '../support/memory-signing.ts';

const source = 'canonical.test/app' as RepositoryName;
const one = 'one.test/app' as RepositoryName;
const two = 'two.test/app' as RepositoryName;
const identity = 'registry.k8s.io/app';
const NOTHING = { copied: 0, replaced: 0, merged: 0, referrers: 0, repaired: 0, accepted: {} };

describe('mending the signatures of mirrors', () => {
  let signing: MemorySigning;
  let subject: Descriptor;
  let tag: Tag;
  let context: MendingContext;
  beforeEach(async () => {
    signing = createMemorySigning();
    const { registry, log } = signing;
    subject = await signing.pushImage(source, one, two);
    tag = attachmentTag(subject.digest, 'sig');
    await signDigest(signing.context, { repository: source, subject, identity });
    const { locks, pushReferrer } = signing.context;
    context = {
      registry,
      locks,
      pushReferrer: (repository, about, manifest) => pushReferrer(repository, { ...subject, ...about }, manifest),
      copier: createCopier(registry),
      trust: async () => log.trust,
    };
  });

  const gapOf = (mirror: RepositoryName, gap: Partial<SignatureGap>): SignatureGap => ({
    mirror,
    missing: [],
    differing: [],
    referrers: [],
    damaged: [],
    present: [],
    read: [],
    surplus: [],
    compared: true,
    ...gap,
  });

  function mend(gaps: readonly SignatureGap[], signal?: AbortSignal, changed: Partial<MendingContext> = {}) {
    const tags = new Map([[tag, signing.registry.tagOf(source, tag)]]);
    const set = { tags, untagged: new Set<Digest>() };
    const opened = openSourceSignatures(signing.registry, {
      repository: source,
      set,
      referrers: [],
      images: async () => [],
    });
    const options = signal === undefined ? { atOnce: 4 } : { atOnce: 4, signal };
    return mendSignatures({ ...context, ...changed }, opened, gaps, options);
  }

  async function bundle(): Promise<{ readonly digest: Digest; readonly subject: Digest }> {
    const [listed] = await signing.registry.listReferrers(source, subject.digest);
    assert.ok(listed);
    return { digest: listed.digest, subject: subject.digest };
  }

  /** Attaches something else to the image there. */
  async function attachElsewhere(repository: RepositoryName): Promise<void> {
    const request = { repository, subject, identity, predicateType: PROMOTION, predicate: {} };
    await attestDigest(signing.context, request);
  }

  it('copies tags and referrers that are missing, each read once for all mirrors', async () => {
    const referrer = await bundle();
    await attachElsewhere(one);
    const gaps = [one, two].map((mirror) => gapOf(mirror, { missing: [tag], referrers: [referrer] }));
    const before = signing.registry.count('openBlob');
    const mended = await mend(gaps);
    assert.equal(signing.registry.count('openBlob') - before, 4, 'two layers, two configurations');
    for (const mirror of [one, two]) {
      assert.deepEqual(mended.get(mirror), { ...NOTHING, copied: 1, referrers: 1 });
      const verdicts = await signing.verdicts(mirror, subject.digest);
      const verified = verdicts.filter(({ status, kind }) => status === 'verified' && kind === 'signature');
      assert.deepEqual(
        verified.map(({ format }) => format),
        ['sig-tag', 'bundle'],
      );
    }
  });

  it('lets a mirror that fails cost only itself', async () => {
    signing.registry.before = ({ repository, name }) => {
      if (repository === one && name !== 'getManifest') throw new PromoterError('RegistryDenied', 'no');
    };
    const referrer = await bundle();
    const gaps = [one, two].map((mirror) => gapOf(mirror, { missing: [tag], referrers: [referrer] }));
    const mended = await mend(gaps);
    assert.equal(mended.get(one)?.failure?.code, 'RegistryDenied');
    assert.deepEqual(mended.get(two), { ...NOTHING, copied: 1, referrers: 1 });
  });

  it('says of a mirror what kept it from being asked', async () => {
    await attachElsewhere(one);
    signing.registry.before = ({ repository, name }) => {
      if (repository === one && name === 'getManifest') throw new PromoterError('RegistryUnavailable', 'down');
    };
    const mended = await mend([gapOf(one, { differing: [tag] }), gapOf(two, { missing: [tag] })]);
    assert.equal(mended.get(one)?.failure?.code, 'RegistryUnavailable');
    assert.deepEqual(mended.get(two), { ...NOTHING, copied: 1 });
  });

  it('does not list a referrer again that the registry lists by itself', async () => {
    const referrer = await bundle();
    const { registry } = signing;
    const plain = { ...registry };
    registry.listReferrers = (repository, digest) =>
      plain.listReferrers(repository === one ? source : repository, digest);
    const pushReferrer = (): never => assert.fail('it is listed');
    const mended = await mend([gapOf(one, { referrers: [referrer] })], undefined, { pushReferrer });
    assert.deepEqual(mended.get(one), { ...NOTHING, referrers: 1 });
    assert.ok(await registry.headManifest(one, referrer.digest));
  });

  it('repairs what is damaged', async () => {
    await mend([gapOf(one, { missing: [tag] })]);
    const digest = signing.registry.tagOf(one, tag);
    assert.ok(digest);
    const [layer] = layersIn(await signing.registry.getManifest(one, digest));
    assert.ok(layer);
    signing.registry.deleteBlob(one, layer.digest);
    const root = { digest, subject: subject.digest, tag };
    const mended = await mend([gapOf(one, { damaged: [{ root, manifests: [], blobs: [layer] }] })]);
    assert.deepEqual(mended.get(one), { ...NOTHING, repaired: 1 });
    assert.ok(await signing.registry.hasBlob(one, layer.digest));
  });

  it('merges what only a mirror has, and says which difference is left', async () => {
    const other = createMemorySigner();
    await signDigest({ ...signing.context, signer: other }, { repository: one, subject, identity });
    const mended = await mend([gapOf(one, { differing: [tag] })]);
    const accepted = { [tag]: [signing.registry.tagOf(source, tag), signing.registry.tagOf(one, tag)] };
    // A signature by an unknown key may stay beside one by another unknown key: nobody here can judge either.
    assert.deepEqual(mended.get(one), { ...NOTHING, merged: 1, accepted });
    for (const key of [signing.publicKey, other.publicKey]) {
      const verdicts = await signing.verdicts(one, subject.digest, [key]);
      assert.ok(verdicts.some(({ format, status }) => format === 'sig-tag' && status === 'verified'));
    }
  });

  it('starts nothing after it was told to stop, and says so', async () => {
    const before = signing.writes();
    const stopped = AbortSignal.abort(new Error('stop'));
    await assert.rejects(mend([gapOf(one, { missing: [tag] })], stopped), /stop/);
    assert.equal(signing.writes(), before);
  });

  it('passes on what is no error of a registry, when the other steps have ended', async () => {
    const copier = {
      ...context.copier,
      copy: async () => {
        throw new TypeError('a mistake');
      },
    };
    await assert.rejects(mend([gapOf(one, { missing: [tag] })], undefined, { copier }), TypeError);
  });
});
