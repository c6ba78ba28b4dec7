import type { ReplicationTask } from '../plan/replication.ts';
import { parseAttachmentTag } from '../signing/signature-set.ts';
import type { SourceSignatures } from '../signing/source-signatures.ts';
import type { UnsignedDigest } from '../workflows/replication-messages.ts';
import { sideBySide } from './side-by-side.ts';

const QUESTIONS_AT_ONCE = 8;

/**
 * The promoted digests that carry no signature where signatures are served from the source alone. Whether those that
 * are there verify is for `sigcheck` to say.
 *
 * @throws PromoterError the registry's errors
 */
export async function findUnsigned(
  { source, shares }: ReplicationTask,
  signatures: SourceSignatures,
): Promise<readonly UnsignedDigest[]> {
  const digests = shares.filter(({ mirrors }) => mirrors.length === 0).flatMap((share) => share.digests);
  const named = [...signatures.set.tags.keys()].flatMap((tag) => parseAttachmentTag(tag) ?? []);
  const tagged = new Set(
    named.filter(({ kind }) => kind === 'sig' || kind === 'referrers').map(({ subject }) => subject),
  );
  const found = await sideBySide(
    digests.filter((digest) => !tagged.has(digest)),
    QUESTIONS_AT_ONCE,
    async (digest) => ((await signatures.referrersOf(digest)).length > 0 ? [] : [{ source, digest }]),
  );
  return found.flat();
}
