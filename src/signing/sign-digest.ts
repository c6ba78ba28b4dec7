import { PromoterError } from '../errors.ts';
import type { RepositoryName } from '../reference.ts';
import type { Descriptor } from '../registry/registry.ts';
import { allSettled } from './all-settled.ts';
import type { AttachedSignature } from './attached-signature.ts';
import { attachBundle } from './attach-bundle.ts';
import { attachLayer } from './attach-layer.ts';
import { blobOf } from './attachment-manifest.ts';
import { readAttachments } from './attachments.ts';
import type { Attachment, AttachmentPlace } from './attachments.ts';
import { bundleBytes } from './bundle.ts';
import { compilePolicy, policyOfSigner } from './identity-policy.ts';
import { judge } from './judgement.ts';
import type { JudgeOptions } from './judgement.ts';
import { legacyAnnotations } from './legacy-layer.ts';
import { COSIGN_SIGN, IN_TOTO, SIMPLE_SIGNING } from './media-types.ts';
import { sealEnvelope, sealMessage } from './seal.ts';
import type { SigningContext } from './signing-context.ts';
import { simpleSigningPayload } from './simple-signing.ts';
import { statementBytes } from './statement.ts';
import type { SignatureVerdict } from './verdict.ts';

export interface SignRequest {
  readonly repository: RepositoryName;
  /** The image: its manifest or index. */
  readonly subject: Descriptor;
  /** The reference, without tag, under which users pull the image. */
  readonly identity: string;
  /** Signed along; a signature that is there already counts without them. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What became of one format: `impossible` is a legacy signature where there is only Rekor v2. */
export type FormatOutcome = 'written' | 'already-valid' | 'impossible';

export interface SignOutcome {
  readonly legacy: FormatOutcome;
  readonly bundle: Exclude<FormatOutcome, 'impossible'>;
}

const ALREADY_VALID = 'already-valid' as const;

/**
 * Signs one digest in both of cosign's formats, unless valid signatures by our identity are there, and verifies what a
 * reader of the registry gets to see.
 *
 * @throws PromoterError `IdentityUnavailable`, `SigningUnavailable`, `SigningRefused`; `SignatureInvalid` when what was
 * written does not verify; the registry's errors
 */
export function signDigest(context: SigningContext, request: SignRequest): Promise<SignOutcome> {
  const { repository, subject } = request;
  return context.locks.hold(repository, subject.digest, async () => {
    const place = { registry: context.registry, repository, digest: subject.digest };
    const options = await judgeAsSigner(context, request);
    const verdicts = await validSignatures(place, options);
    for (const verdict of verdicts) tell(context, { ...request, kind: 'signature', outcome: ALREADY_VALID }, verdict);
    const valid = new Set(verdicts.map(({ format }) => format));
    const [legacy, bundle] = await allSettled([
      valid.has('sig-tag') ? ALREADY_VALID : signLegacy(context, request, options),
      valid.has('bundle') ? ALREADY_VALID : signBundle(context, request, options),
    ]);
    return { legacy, bundle };
  });
}

async function judgeAsSigner(
  { signer, trust }: SigningContext,
  { subject, identity }: SignRequest,
): Promise<JudgeOptions> {
  const policy = compilePolicy(policyOfSigner(await signer.identity()));
  return { digest: subject.digest, trust, policy, claims: { dockerReference: identity } };
}

async function validSignatures(place: AttachmentPlace, options: JudgeOptions): Promise<readonly SignatureVerdict[]> {
  const attachments = await readAttachments(place, ['sig-tag', 'bundle'], COSIGN_SIGN);
  return attachments
    .map((attachment) => judge(attachment, options))
    .filter(({ kind, status }) => kind === 'signature' && status === 'verified');
}

async function signLegacy(
  context: SigningContext,
  request: SignRequest,
  options: JudgeOptions,
): Promise<FormatOutcome> {
  const { repository, subject, identity, annotations = {} } = request;
  const { legacy: log } = context.witnesses;
  if (log === undefined) return 'impossible';
  const payload = simpleSigningPayload({ dockerReference: identity, digest: subject.digest, annotations });
  const sealed = await context.limits.run(() => sealMessage(context.signer, [log], payload));
  const layer = blobOf(SIMPLE_SIGNING, payload, legacyAnnotations(sealed));
  const place = { registry: context.registry, repository, digest: subject.digest };
  const verdict = requireVerified(await attachLayer(place, layer), options, `${repository}@${subject.digest}`);
  tell(context, { ...request, kind: 'signature', outcome: 'written' }, verdict);
  return 'written';
}

async function signBundle(context: SigningContext, request: SignRequest, options: JudgeOptions): Promise<'written'> {
  const { repository, subject, annotations } = request;
  const statement = statementBytes(
    { digest: subject.digest, ...(annotations === undefined ? {} : { annotations }) },
    COSIGN_SIGN,
    {},
  );
  const { signer, witnesses, limits } = context;
  const { bundle } = await limits.run(() => sealEnvelope(signer, witnesses.bundle, IN_TOTO, statement));
  const attachment = { repository, subject, bundle: bundleBytes(bundle), predicateType: COSIGN_SIGN };
  const verdict = requireVerified(await attachBundle(context, attachment), options, `${repository}@${subject.digest}`);
  tell(context, { ...request, kind: 'signature', outcome: 'written' }, verdict);
  return 'written';
}

/** Says of what is attached where it stands in the logs, to whoever keeps a record of it. */
export function tell(
  { onAttached }: SigningContext,
  about: Pick<SignRequest, 'repository' | 'subject' | 'identity'> & Pick<AttachedSignature, 'kind' | 'outcome'>,
  { format, log }: SignatureVerdict,
): void {
  const { repository, subject, identity, kind, outcome } = about;
  onAttached?.({ kind, format, repository, digest: subject.digest, identity, outcome, log });
}

/** @throws PromoterError `SignatureInvalid` unless the attachment verifies as ours */
export function requireVerified(
  attachment: Attachment | undefined,
  options: JudgeOptions,
  image: string,
): SignatureVerdict {
  const verdict = attachment === undefined ? undefined : judge(attachment, options);
  if (verdict?.status === 'verified') return verdict;
  throw new PromoterError(
    'SignatureInvalid',
    `what was just attached to ${image} does not verify: ${verdict?.reason ?? 'it is not there'}; ` +
      'check that the trusted root belongs to the Fulcio and the log that sign',
  );
}
