import pMap from 'p-map';
import type { Digest, RepositoryName } from '../../../src/reference.ts';
import { readAttachments } from '../../../src/signing/attachments.ts';
import { PROMOTION } from '../../../src/signing/media-types.ts';
import { verifyImage } from '../../../src/signing/verify-image.ts';
import { DEFAULT_EMAIL } from '../../../src/stack/sigstore/oidc-issuer.ts';
import type { Arena } from './arena.ts';

/** An image's repository on every registry, the one that is signed on first. */
export interface AttachedTo {
  readonly repositories: readonly RepositoryName[];
  /** The image, and its children if it is an index. */
  readonly subjects: readonly Digest[];
  readonly root: Digest;
}

const FORMATS = ['sig-tag', 'bundle', 'att-tag'] as const;
const POLICY = { rules: [{ identity: { exactly: DEFAULT_EMAIL }, issuer: { matching: '.*' } }] };
const SIGNATURES = ['bundle signature', 'sig-tag signature'];

/**
 * What is wrong with what is attached: each subject has one signature of each format, each image one attestation of its
 * promotion, all of them verify, and every mirror has the same.
 */
export async function wrongAttachments(
  { registry, trust }: Pick<Arena, 'registry' | 'trust'>,
  { repositories, subjects, root }: AttachedTo,
): Promise<readonly string[]> {
  const [canonical = '' as RepositoryName, ...mirrors] = repositories;
  const attachedIn = async (repository: RepositoryName, digest: Digest): Promise<string> => {
    const found = await readAttachments({ registry, repository, digest }, FORMATS);
    return found
      .map(({ format, descriptor }) => `${format} ${descriptor.digest}`)
      .sort()
      .join();
  };
  const wrong = await pMap(subjects, async (digest) => {
    const verdicts = await verifyImage({ registry, repository: canonical, digest, trust, policy: POLICY });
    const found = verdicts.map(({ format, kind, status, predicateType, reason }) => {
      const what = kind === 'signature' ? `${format} ${kind}` : `${format} ${predicateType}`;
      return status === 'verified' ? what : `${what} ${status}: ${reason}`;
    });
    const wanted = digest === root ? [`bundle ${PROMOTION}`, ...SIGNATURES] : SIGNATURES;
    const first = await attachedIn(canonical, digest);
    const differing = await pMap(mirrors, async (mirror) => {
      const there = await attachedIn(mirror, digest);
      return there === first ? [] : [`${mirror}@${digest} has ${there || 'nothing'}, and its source ${first}`];
    });
    return [
      ...(found.sort().join() === wanted.sort().join()
        ? []
        : [`${canonical}@${digest} has ${found.join() || 'nothing'}`]),
      ...differing.flat(),
    ];
  });
  return wrong.flat();
}
