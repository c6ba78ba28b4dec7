import type { Digest, RepositoryName } from '../../src/reference.ts';
import type { Descriptor } from '../../src/registry/registry.ts';
import type { AttachedSignature } from '../../src/signing/attached-signature.ts';
import { createAttachmentLocks } from '../../src/signing/attachment-locks.ts';
import { parseAttachmentManifest } from '../../src/signing/attachment-manifest.ts';
import { createLimits } from '../../src/signing/limits.ts';
import type { PushReferrer } from '../../src/signing/port.ts';
import type { SigningContext } from '../../src/signing/signing-context.ts';
import type { SignatureVerdict } from '../../src/signing/verdict.ts';
import { verifyImage } from '../../src/signing/verify-image.ts';
import { makeImage, pushSample } from '../../src/stack/sample-images.ts';
import { createMemoryLog, createMemorySigner } from './memory-log.ts';
import type { MemoryLog } from './memory-log.ts';
import { createMemoryRegistry } from './memory-registry.ts';
import type { MemoryRegistry } from './memory-registry.ts';

/** Signs into a registry in memory, with a real key and a log whose answers verify. */
export interface MemorySigning {
  readonly registry: MemoryRegistry;
  readonly log: MemoryLog;
  readonly publicKey: string;
  readonly context: SigningContext;
  readonly told: readonly AttachedSignature[];
  /** Puts the same image into each repository. */
  readonly pushImage: (...repositories: readonly RepositoryName[]) => Promise<Descriptor>;
  /** What a verifier who trusts these keys, the signer's own unless given, says. */
  readonly verdicts: (
    repository: RepositoryName,
    digest: Digest,
    publicKeys?: readonly string[],
  ) => Promise<readonly SignatureVerdict[]>;
  /** How many calls changed something. */
  readonly writes: () => number;
}

/** Its registry lists only those referrers that were pushed as such, as one does that leaves the list to its clients. */
export function createMemorySigning(log: MemoryLog = createMemoryLog()): MemorySigning {
  const registry = createMemoryRegistry();
  const signer = createMemorySigner();
  const told: AttachedSignature[] = [];
  const referrers = new Map<string, Descriptor[]>();

  registry.listReferrers = async (repository, digest) => referrers.get(`${repository}@${digest}`) ?? [];
  const pushReferrer: PushReferrer = async (repository, subject, manifest) => {
    await registry.putManifest(repository, manifest.digest, manifest);
    const { digest, mediaType, bytes } = manifest;
    const { artifactType, annotations } = parseAttachmentManifest(bytes);
    const listed = { digest, mediaType, size: bytes.length, annotations };
    const key = `${repository}@${subject.digest}`;
    const known = (referrers.get(key) ?? []).filter((one) => one.digest !== digest);
    referrers.set(key, [...known, { ...listed, ...(artifactType === undefined ? {} : { artifactType }) }]);
  };

  return {
    registry,
    log,
    told,
    publicKey: signer.publicKey,
    context: {
      registry,
      pushReferrer,
      locks: createAttachmentLocks(),
      signer,
      witnesses: { bundle: [log.witness], legacy: log.witness },
      trust: log.trust,
      limits: createLimits(),
      onAttached: (attached) => void told.push(attached),
    },
    async pushImage(...repositories) {
      const image = makeImage({ seed: 'image', layerSizes: [10] });
      for (const repository of repositories) await pushSample(registry, repository, image);
      const { mediaType, digest, bytes } = image.root;
      return { mediaType, digest, size: bytes.length };
    },
    verdicts: (repository, digest, publicKeys = [signer.publicKey]) =>
      verifyImage({ registry, repository, digest, trust: log.trust, policy: { publicKeys } }),
    writes: () => registry.count('putManifest') + registry.count('putBlob'),
  };
}
