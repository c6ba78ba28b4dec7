import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createReplicationActivities, type ReplicationActivities } from '../../src/activities/index.ts';
import { bundleBytes } from '../../src/manifest/bundle.ts';
import { openFolderStore } from '../../src/plan/folder-store.ts';
import { getJson } from '../../src/plan/json-document.ts';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import { createCopier } from '../../src/registry/copy.ts';
import type { Descriptor } from '../../src/registry/registry.ts';
import { createAttachmentLocks } from '../../src/signing/attachment-locks.ts';
import { attachmentTag, blobOf, layeredManifest } from '../../src/signing/attachment-manifest.ts';
import { digestsOf } from '../../src/signing/index-children.ts';
import { SIGNATURE_ANNOTATION, SIMPLE_SIGNING } from '../../src/signing/media-types.ts';
import { signDigest } from '../../src/signing/sign-digest.ts';
import type { ReplicationTally, SignatureFinding } from '../../src/workflows/replication-messages.ts';
import { fetchLocally } from './git-tree.ts';
import { startSigningStack, type SigningStack } from './signing-stack.ts';

/** Who signs unless somebody else is named. */
export const SIGNER = 'promoter@example.test';
const IDENTITY = 'images.example.test/app';
const RULES = { certificateIdentity: SIGNER, certificateOidcIssuerRegexp: '.*' };

/** One image in a canonical repository and two mirrors, the second of which lists referrers itself. */
export interface SignatureScene {
  readonly source: RepositoryName;
  readonly mirrors: readonly [RepositoryName, RepositoryName];
  /** The image, and its children when it is an index. */
  readonly subjects: readonly Descriptor[];
  readonly digest: Digest;
  readonly replicate: (request?: object) => Promise<ReplicationTally>;
  readonly check: () => Promise<readonly SignatureFinding[]>;
}

/** Real signatures in real registries, and the activities that replicate them. */
export interface SignatureStage {
  readonly stack: SigningStack;
  /** Sets up new repositories, with an image that nobody has signed. */
  scene(kind?: 'image' | 'index'): Promise<SignatureScene>;
  sign(repository: RepositoryName, subjects: readonly Descriptor[], email?: string): Promise<void>;
  /** Has cosign 2 and 3 verify both formats. */
  assertVerifies(repository: RepositoryName, digest: Digest, email?: string): Promise<void>;
  /** What the tag of a `.sig` points to. */
  signatureOf(repository: RepositoryName, digest: Digest): Promise<Digest | undefined>;
  /** Puts a `.sig` there that nobody signed. */
  spoil(repository: RepositoryName, digest: Digest): Promise<void>;
  stop(): Promise<void>;
}

/** Starts Sigstore's services and the registries. */
export async function startSignatureStage(): Promise<SignatureStage> {
  const stack = await startSigningStack();
  const directory = await mkdtemp(join(tmpdir(), 'replication-signatures-'));
  const store = await openFolderStore(join(directory, 'store'));
  const copier = createCopier(stack.registry, { spool: { directory: join(directory, 'spool') } });
  let images = 0;

  async function scene(kind: 'image' | 'index' = 'image'): Promise<SignatureScene> {
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
    const { trust } = await stack.signingAs(SIGNER);
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

  return {
    stack,
    scene,
    async sign(repository: RepositoryName, subjects: readonly Descriptor[], email = SIGNER): Promise<void> {
      const context = await stack.signingAs(email);
      for (const subject of subjects) await signDigest(context, { repository, subject, identity: IDENTITY });
    },

    async assertVerifies(repository: RepositoryName, digest: Digest, email = SIGNER): Promise<void> {
      for (const [version, flags] of [
        [2, []],
        [3, []],
        [3, ['--new-bundle-format=false']],
      ] as const) {
        const { approved, output } = await stack.cosignVerify(version, `${repository}@${digest}`, email, flags);
        assert.ok(approved, output);
      }
    },

    async signatureOf(repository: RepositoryName, digest: Digest): Promise<Digest | undefined> {
      return (await stack.registry.headManifest(repository, attachmentTag(digest, 'sig')))?.digest;
    },

    async spoil(repository: RepositoryName, digest: Digest): Promise<void> {
      const layer = blobOf(SIMPLE_SIGNING, Buffer.from('{}'), { [SIGNATURE_ANNOTATION]: 'AAAA' });
      const { manifest, config } = layeredManifest([layer.descriptor]);
      for (const { descriptor, bytes } of [layer, config]) {
        await stack.registry.putBlob(await stack.registry.openUpload(repository), descriptor, () => bytes);
      }
      await stack.registry.putManifest(repository, attachmentTag(digest, 'sig'), manifest);
    },

    async stop() {
      await stack.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
