import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createReplicationActivities, type ReplicationActivities } from '../../src/activities/index.ts';
import { bundleBytes } from '../../src/manifest/bundle.ts';
import { openFolderStore } from '../../src/plan/folder-store.ts';
import { getJson } from '../../src/plan/json-document.ts';
import type { PlanStore } from '../../src/plan/store.ts';
import { hostOf, pathOf, type Digest, type RepositoryName, type Tag } from '../../src/reference.ts';
import { createCopier, type ImageCopier } from '../../src/registry/copy.ts';
import type { Descriptor } from '../../src/registry/registry.ts';
import { createAttachmentLocks } from '../../src/signing/attachment-locks.ts';
import {
  attachmentTag,
  blobOf,
  layeredManifest,
  parseAttachmentManifest,
} from '../../src/signing/attachment-manifest.ts';
import { digestsOf } from '../../src/signing/index-children.ts';
import { SIGNATURE_ANNOTATION, SIMPLE_SIGNING } from '../../src/signing/media-types.ts';
import { signDigest } from '../../src/signing/sign-digest.ts';
import type { ReplicationTally, SignatureFinding } from '../../src/workflows/replication-messages.ts';
import { startSigningStack, type SigningStack } from '../support/signing-stack.ts';
import { fetchLocally } from '../support/git-tree.ts';

const EMAIL = 'promoter@example.test';
const IDENTITY = 'images.example.test/app';
const RULES = { certificateIdentity: EMAIL, certificateOidcIssuerRegexp: '.*' };

describe('replicating real signatures', function () {
  this.timeout(120_000);
  let stack: SigningStack;
  let directory: string;
  let store: PlanStore;
  let copier: ImageCopier;
  let images = 0;

  before(async () => {
    stack = await startSigningStack();
    directory = await mkdtemp(join(tmpdir(), 'replication-signatures-'));
    store = await openFolderStore(join(directory, 'store'));
    copier = createCopier(stack.registry, { spool: { directory: join(directory, 'spool') } });
  });
  after(async () => {
    await stack.stop();
    await rm(directory, { recursive: true, force: true });
  });

  /** One image in a canonical repository and two mirrors, the second of which lists referrers itself. */
  interface Scene {
    readonly source: RepositoryName;
    readonly mirrors: readonly [RepositoryName, RepositoryName];
    /** The image, and its children when it is an index. */
    readonly subjects: readonly Descriptor[];
    readonly digest: Digest;
    readonly replicate: (request?: object) => Promise<ReplicationTally>;
    readonly check: () => Promise<readonly SignatureFinding[]>;
  }

  async function scene(kind: 'image' | 'index' = 'image'): Promise<Scene> {
    images += 1;
    const registries = [
      `${stack.distribution}/prod${images}`,
      `${stack.distribution}/eu${images}`,
      `${stack.withReferrers}/us${images}`,
    ];
    const [source, ...mirrors] = registries.map((registry) => `${registry}/app` as RepositoryName) as [
      RepositoryName,
      RepositoryName,
      RepositoryName,
    ];
    const { digest } = await (kind === 'index' ? stack.pushIndex(source) : stack.pushImage(source));
    const targets = mirrors.map((repository) => ({ repository, tags: ['v1' as Tag], hasDigest: false }));
    await copier.copy({ source, digest, targets });
    const yaml = `registries:\n- name: 127.0.0.1:1/staging\n  src: true\n${registries.map((name) => `- name: ${name}\n`).join('')}images:\n- name: app\n  dmap:\n    "${digest}": ["v1"]\n`;
    const manifests = await store.put(bundleBytes({ kind: 'plain', files: [{ path: 'manifest.yaml', text: yaml }] }));
    const { trust } = await stack.signingAs(EMAIL);
    const activities: ReplicationActivities = createReplicationActivities({
      registry: stack.registry,
      copier,
      pushReferrer: (...push) => stack.registry.pushReferrer(...push),
      locks: createAttachmentLocks(),
      trust: async () => trust,
      naming: { identityOf: () => IDENTITY, canonicalOf: () => source },
      settled: () => undefined,
      store,
      fetchManifests: fetchLocally,
    });
    let runs = 0;
    async function replicate(request: object = {}): Promise<ReplicationTally> {
      const run = `run-${images}-${(runs += 1)}`;
      const perform = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> =>
        new MockActivityEnvironment().run<[I], O, typeof activity>(activity, input);
      const draft = await perform(activities.draftReplication, {
        request: { manifests, confirm: true, full: true, ...request },
      });
      return perform(activities.replicateShard, { run, shard: 0, ...draft });
    }
    return {
      source,
      mirrors,
      subjects: await digestsOf({ registry: stack.registry, repository: source, digest }),
      digest,
      replicate,
      async check() {
        const { check } = await replicate({ confirm: false, check: RULES });
        const lists = await Promise.all((check?.lists ?? []).map((list) => getJson<SignatureFinding[]>(store, list)));
        return lists.flat();
      },
    };
  }

  async function sign(repository: RepositoryName, subjects: readonly Descriptor[], email = EMAIL): Promise<void> {
    const context = await stack.signingAs(email);
    for (const subject of subjects) await signDigest(context, { repository, subject, identity: IDENTITY });
  }

  async function assertVerifies(repository: RepositoryName, digest: Digest, email = EMAIL): Promise<void> {
    for (const [version, flags] of [
      [2, []],
      [3, []],
      [3, ['--new-bundle-format=false']],
    ] as const) {
      const { approved, output } = await stack.cosignVerify(version, `${repository}@${digest}`, email, flags);
      assert.ok(approved, output);
    }
  }

  async function signatureOf(repository: RepositoryName, digest: Digest): Promise<Digest | undefined> {
    return (await stack.registry.headManifest(repository, attachmentTag(digest, 'sig')))?.digest;
  }

  /** Puts a `.sig` there that nobody signed. */
  async function spoil(repository: RepositoryName, digest: Digest): Promise<void> {
    const layer = blobOf(SIMPLE_SIGNING, Buffer.from('{}'), { [SIGNATURE_ANNOTATION]: 'AAAA' });
    const { manifest, config } = layeredManifest([layer.descriptor]);
    for (const { descriptor, bytes } of [layer, config]) {
      await stack.registry.putBlob(await stack.registry.openUpload(repository), descriptor, () => bytes);
    }
    await stack.registry.putManifest(repository, attachmentTag(digest, 'sig'), manifest);
  }

  it('gives every mirror both formats, for an index and its children', async () => {
    const { source, mirrors, subjects, replicate, check, digest } = await scene('index');
    await sign(source, subjects);
    assert.deepEqual(
      (await check()).map(({ state, missing }) => [state, missing]),
      [['partial', [...mirrors].sort()]],
    );
    const tally = await replicate();
    assert.deepEqual(tally.residue.samples, []);
    for (const mirror of mirrors) {
      for (const subject of subjects) {
        await assertVerifies(mirror, subject.digest);
        assert.equal(await signatureOf(mirror, subject.digest), await signatureOf(source, subject.digest));
      }
      const listed = await stack.registry.listReferrers(mirror, digest);
      assert.equal(listed.length, 1);
    }
    assert.equal((await replicate()).counts.written, 0, 'a second time there is nothing to do');
    assert.deepEqual(await check(), []);
  });

  it('mends signatures that were replaced or deleted on a mirror, and says which', async () => {
    const { source, mirrors, subjects, replicate, digest } = await scene();
    await sign(source, subjects);
    await replicate();
    await spoil(mirrors[0], digest);
    await stack.registry.deleteTag(mirrors[1], attachmentTag(digest, 'sig'));
    const tally = await replicate();
    assert.deepEqual(tally.residue.samples, []);
    assert.deepEqual(tally.mended.samples.map(({ mirror }) => mirror).sort(), [...mirrors].sort());
    for (const mirror of mirrors) {
      assert.equal(await signatureOf(mirror, digest), await signatureOf(source, digest));
      await assertVerifies(mirror, digest);
    }
  });

  it('restores what is gone below intact manifests, of both formats', async () => {
    const { source, mirrors, subjects, replicate, check, digest } = await scene();
    await sign(source, subjects);
    await replicate();
    const [bundle] = await stack.registry.listReferrers(mirrors[0], digest);
    assert.ok(bundle !== undefined);
    for (const mirror of mirrors) {
      for (const manifest of [attachmentTag(digest, 'sig'), bundle.digest]) {
        const content = await stack.registry.getManifest(mirror, manifest);
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
    for (const mirror of mirrors) await assertVerifies(mirror, digest);
    assert.deepEqual(await check(), []);
  });

  it('restores a list of referrers that was emptied', async () => {
    const { source, mirrors, subjects, replicate, digest } = await scene();
    await sign(source, subjects);
    await replicate();
    const bytes = Buffer.from(
      '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
    );
    const { descriptor } = blobOf('application/vnd.oci.image.index.v1+json', bytes);
    const fallback = digest.replace(':', '-') as Tag;
    await stack.registry.putManifest(mirrors[0], fallback, { ...descriptor, bytes });
    assert.equal((await stack.registry.listReferrers(mirrors[0], digest)).length, 0);
    await replicate();
    await assertVerifies(mirrors[0], digest);
  });

  it('brings a second signature to mirrors, and keeps what verifies on one of them only', async () => {
    const { source, mirrors, subjects, replicate, digest } = await scene();
    await sign(source, subjects);
    await replicate();
    await sign(source, subjects, 'second@example.test');
    await sign(mirrors[0], subjects, 'local@example.test');
    const tally = await replicate();
    assert.deepEqual(tally.residue.samples, []);
    for (const email of [EMAIL, 'second@example.test', 'local@example.test']) {
      await assertVerifies(mirrors[0], digest, email);
    }
    for (const email of [EMAIL, 'second@example.test']) await assertVerifies(mirrors[1], digest, email);
    const again = await replicate();
    assert.equal(again.counts.differing, 0, 'a difference that was looked into is not looked into again');
    assert.equal(again.counts.written, 0);
  });

  it('never replaces a signature that verifies by one that does not', async () => {
    const { source, mirrors, subjects, replicate, digest } = await scene();
    await sign(source, subjects);
    await replicate();
    await spoil(source, digest);
    const tally = await replicate();
    assert.deepEqual(
      tally.residue.samples.map(({ mirror, reason }) => [mirror, reason]),
      mirrors.map((mirror) => [mirror, 'SignatureInvalid']),
    );
    for (const mirror of mirrors) await assertVerifies(mirror, digest);
  });

  it('counts only signatures that verify, by whom the rules name', async () => {
    const { source, subjects, check, mirrors, replicate } = await scene();
    assert.deepEqual(
      (await check()).map(({ state }) => state),
      ['unsigned'],
    );
    await sign(source, subjects, 'somebody@example.test');
    await replicate();
    assert.deepEqual(
      (await check()).map(({ state, missing }) => [state, missing]),
      [['unsigned', [source, ...[...mirrors].sort()]]],
    );
  });
});
