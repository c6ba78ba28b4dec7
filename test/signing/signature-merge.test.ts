import assert from 'node:assert/strict';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import { createCopier } from '../../src/registry/copy.ts';
import type { ManifestContent } from '../../src/registry/registry.ts';
import { layersIn } from '../../src/signing/attach-layer.ts';
import { attachmentTag, blobOf, digestOf, layeredManifest } from '../../src/signing/attachment-manifest.ts';
import type { Blob } from '../../src/signing/attachment-manifest.ts';
import { createAttachmentLocks } from '../../src/signing/attachment-locks.ts';
import { SIGNATURE_ANNOTATION, SIMPLE_SIGNING } from '../../src/signing/media-types.ts';
import { mergeAttachment } from '../../src/signing/signature-merge.ts';
import type { MergeOutcome } from '../../src/signing/signature-merge.ts';
import { makeArtifact } from '../../src/stack/sample-images.ts';
import { createMemoryRegistry } from '../support/memory-registry.ts';
import type { MemoryRegistry } from '../support/memory-registry.ts';
import { SIGNED, fixtureOptions } from './fixtures/signed.ts';

const repository = 'canonical.test/app' as RepositoryName;
const mirror = 'mirror.test/app' as RepositoryName;
const SIG = attachmentTag(SIGNED.digest, 'sig');
const REFERRERS = SIGNED.digest.replace(':', '-') as Tag;

/** By an issuer that the fixture's trust root vouches for. */
const verified = blobOf(SIMPLE_SIGNING, Buffer.from(SIGNED.legacy.payload), SIGNED.legacy.annotations);
/** By a key that is not known here: each is worth as much as the other. */
const byKey = (seed: string): Blob =>
  blobOf(SIMPLE_SIGNING, Buffer.from(SIGNED.legacy.payload), { [SIGNATURE_ANNOTATION]: seed });
const invalid = blobOf(SIMPLE_SIGNING, Buffer.from(SIGNED.legacy.payload.replace('release', 'attack!')), {
  ...SIGNED.legacy.annotations,
});

describe('merging a tag that differs', () => {
  let registry: MemoryRegistry;
  beforeEach(() => {
    registry = createMemoryRegistry();
  });

  function put(place: RepositoryName, ...layers: readonly Blob[]): Digest {
    const { manifest, config } = layeredManifest(layers.map(({ descriptor }) => descriptor));
    for (const { bytes } of [...layers, config]) registry.addBlob(place, bytes);
    registry.addManifest(place, manifest, [SIG]);
    return manifest.digest;
  }

  function merge(tag: Tag, brings = true): Promise<MergeOutcome | undefined> {
    const copier = createCopier(registry);
    return mergeAttachment(
      {
        registry,
        locks: createAttachmentLocks(),
        copier,
        trust: async () => fixtureOptions().trust,
        pushReferrer: async (place, _, manifest) => {
          const listed = (await registry.getManifest(place, REFERRERS)) ?? listOf();
          const { manifests } = JSON.parse(Buffer.from(listed.bytes).toString()) as { manifests: readonly object[] };
          registry.addManifest(place, manifest);
          registry.addManifest(place, listOf(...manifests, descriptorOf(manifest)), [REFERRERS]);
        },
      },
      {
        source: {
          repository,
          set: { tags: new Map(), untagged: new Set() },
          digestOf: async (wanted) => registry.tagOf(repository, wanted),
          referrersOf: async () => [],
          subjects: async () => [],
        },
        mirror,
        tag,
        async bring(digest) {
          const targets = [{ repository: mirror, tags: [], hasDigest: false }];
          const outcomes = await copier.copy({ source: repository, digest, targets });
          return brings && outcomes.every(({ kind }) => kind !== 'failed');
        },
      },
    );
  }

  const descriptorOf = ({ digest, mediaType, bytes }: ManifestContent) => ({ digest, mediaType, size: bytes.length });
  const listOf = (...manifests: readonly object[]) => {
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
    return { digest: digestOf(bytes), mediaType, bytes };
  };
  const layersAt = async () =>
    layersIn(await registry.getManifest(mirror, SIG))
      .map(({ digest, annotations }) => JSON.stringify([digest, annotations]))
      .toSorted();
  const expected = (...blobs: readonly Blob[]) =>
    blobs.map(({ descriptor }) => JSON.stringify([descriptor.digest, descriptor.annotations])).toSorted();

  it('replaces what has nothing of its own, or nothing that can verify', async () => {
    const offered = put(repository, verified, byKey('a'));
    for (const there of [[verified], [invalid], [verified, invalid]]) {
      put(mirror, ...there);
      assert.deepEqual(await merge(SIG), { kind: 'replaced' });
      assert.equal(registry.tagOf(mirror, SIG), offered);
    }
  });

  it('replaces what is worth nothing by what is worth no more', async () => {
    const offered = put(repository, byKey(''));
    put(mirror, invalid);
    assert.deepEqual(await merge(SIG), { kind: 'replaced' });
    assert.equal(registry.tagOf(mirror, SIG), offered);
  });

  it('does not keep beside what verifies what nobody can judge', async () => {
    const offered = put(repository, verified);
    put(mirror, byKey('mirror'));
    assert.deepEqual(await merge(SIG), { kind: 'replaced' });
    assert.equal(registry.tagOf(mirror, SIG), offered);
  });

  it('keeps what is worth as much, and says what the difference is', async () => {
    const offered = put(repository, byKey('source'));
    put(mirror, byKey('mirror'));
    const outcome = await merge(SIG);
    assert.deepEqual(await layersAt(), expected(byKey('source'), byKey('mirror')));
    const merged = registry.tagOf(mirror, SIG);
    assert.deepEqual(outcome, { kind: 'merged', accepted: [offered, merged] });
    assert.deepEqual(await merge(SIG), { kind: 'kept', accepted: [offered, merged] });
    assert.equal(registry.tagOf(mirror, SIG), merged);
  });

  it('does not take as many layers for the same layers', async () => {
    put(repository, byKey('a'), byKey('b'));
    put(mirror, byKey('a'), byKey('own'), invalid);
    assert.equal((await merge(SIG))?.kind, 'merged');
    assert.deepEqual(await layersAt(), expected(byKey('a'), byKey('b'), byKey('own')));
  });

  it('touches nothing when the mirror has the better signature', async () => {
    for (const weak of [invalid, byKey('source')]) {
      put(repository, weak);
      const found = put(mirror, verified);
      await assert.rejects(merge(SIG), {
        code: 'SignatureInvalid',
        message: /canonical\.test\/app:sha256-\w+\.sig points to does not verify, .*mirror\.test\/app.*left alone/,
      });
      assert.equal(registry.tagOf(mirror, SIG), found);
    }
  });

  it('writes no tag when the copy has failed', async () => {
    put(repository, byKey('source'), verified);
    for (const there of [[verified], [invalid]]) {
      const found = put(mirror, ...there);
      assert.equal(await merge(SIG, false), undefined);
      assert.equal(registry.tagOf(mirror, SIG), found);
    }
  });

  it('has nothing to do when the difference has gone, or the source has', async () => {
    put(repository, verified);
    put(mirror, verified);
    assert.equal(await merge(SIG), undefined);
    assert.equal(await merge(attachmentTag(SIGNED.digest, 'att')), undefined);
    assert.equal(await merge('v1' as Tag), undefined);
    assert.equal(registry.count('putManifest'), 0);
  });

  it('writes a tag that the mirror has lost meanwhile', async () => {
    const offered = put(repository, verified);
    assert.deepEqual(await merge(SIG), { kind: 'replaced' });
    assert.equal(registry.tagOf(mirror, SIG), offered);
  });

  it('replaces a bill of materials, which nobody signs', async () => {
    const tag = `${REFERRERS}.sbom` as Tag;
    const digests = [repository, mirror].map((place) => {
      const { root, blobs } = makeArtifact({ artifactType: 'text/spdx', payload: Buffer.from(place) });
      for (const { bytes } of blobs) registry.addBlob(place, bytes);
      registry.addManifest(place, root, [tag]);
      return root.digest;
    });
    assert.deepEqual(await merge(tag), { kind: 'replaced' });
    assert.equal(registry.tagOf(mirror, tag), digests[0]);
  });

  describe('of referrers', () => {
    function referrer(place: RepositoryName, payload: string): ManifestContent {
      const { root, blobs } = makeArtifact({ artifactType: 'text/plain', payload: Buffer.from(payload) });
      for (const { bytes } of blobs) registry.addBlob(place, bytes);
      registry.addManifest(place, root);
      return root;
    }
    const list = (place: RepositoryName, ...listed: readonly ManifestContent[]): Digest => {
      const index = listOf(...listed.map(descriptorOf));
      registry.addManifest(place, index, [REFERRERS]);
      return index.digest;
    };
    const listedAt = async (): Promise<readonly string[]> => {
      const index = await registry.getManifest(mirror, REFERRERS);
      const { manifests } = JSON.parse(Buffer.from(index?.bytes ?? []).toString()) as {
        manifests: readonly { digest: string }[];
      };
      return manifests.map(({ digest }) => digest);
    };

    it('adds those that are missing beside those that only the mirror has', async () => {
      const [shared, missing] = ['shared', 'missing'].map((name) => referrer(repository, name));
      const own = referrer(mirror, 'own');
      assert.ok(shared && missing);
      referrer(mirror, 'shared');
      const offered = list(repository, shared, missing);
      list(mirror, shared, own);
      const outcome = await merge(REFERRERS);
      assert.deepEqual(await listedAt(), [shared.digest, own.digest, missing.digest]);
      assert.deepEqual(outcome, { kind: 'merged', accepted: [offered, registry.tagOf(mirror, REFERRERS)] });
      const merged = registry.tagOf(mirror, REFERRERS);
      assert.deepEqual(await merge(REFERRERS), { kind: 'kept', accepted: [offered, merged] });
    });

    it('replaces a list of which the rest does not exist', async () => {
      const offered = list(repository, referrer(repository, 'shared'));
      const { root } = makeArtifact({ artifactType: 'text/plain', payload: Buffer.from('gone') });
      list(mirror, root);
      assert.deepEqual(await merge(REFERRERS), { kind: 'replaced' });
      assert.equal(registry.tagOf(mirror, REFERRERS), offered);
    });

    it('leaves the list as it is when the copy has failed', async () => {
      list(repository, referrer(repository, 'missing'));
      const found = list(mirror, referrer(mirror, 'own'));
      assert.equal(await merge(REFERRERS, false), undefined);
      assert.equal(registry.tagOf(mirror, REFERRERS), found);
    });
  });
});
