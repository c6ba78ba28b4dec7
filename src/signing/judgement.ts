import type { Bundle } from '@sigstore/bundle';
import { PromoterError, messageOf } from '../errors.ts';
import type { Digest } from '../reference.ts';
import type { Attachment } from './attachments.ts';
import { parseBundle } from './bundle.ts';
import { verifyEvidence } from './evidence.ts';
import type { CompiledPolicy } from './identity-policy.ts';
import { attestationLayerBundle, signatureLayerBundle } from './legacy-layer.ts';
import { logRecords } from './log-record.ts';
import type { LogRecord } from './log-record.ts';
import { COSIGN_SIGN, IN_TOTO } from './media-types.ts';
import type { SignerIdentity } from './signer.ts';
import { includesAnnotations, parseSimpleSigning } from './simple-signing.ts';
import { parseStatement } from './statement.ts';
import type { Statement } from './statement.ts';
import type { TrustRoot } from './trust-root.ts';
import type { AttachmentFormat, SignatureVerdict } from './verdict.ts';

/** What a signature has to say to count, beyond naming the digest. */
export interface WantedClaims {
  /** For legacy signatures, the only ones that say it. */
  readonly dockerReference?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface JudgeOptions {
  readonly digest: Digest;
  readonly trust: TrustRoot;
  readonly policy: CompiledPolicy;
  readonly claims?: WantedClaims;
}

interface Said {
  readonly digests: readonly Digest[];
  readonly dockerReference?: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly statement?: Statement;
}

/** Judges one attachment. Nothing that is wrong with it makes this throw. */
export function judge(attachment: Attachment, options: JudgeOptions): SignatureVerdict {
  const { format, content } = attachment;
  const { mediaType, digest, size } = attachment.descriptor;
  const found = { format, descriptor: { mediaType, digest, size }, log: [] };
  if (content instanceof PromoterError) {
    return { ...found, ...selfDescription(format), status: 'invalid', reason: content.message };
  }
  if (format === 'att-tag' && isUnsigned(content)) {
    const reason = 'it is a statement that nobody signed';
    return { ...found, ...selfDescription(format, content), status: 'unverifiable', reason };
  }
  let bundle: Bundle;
  try {
    bundle = toBundle(attachment, content);
  } catch (error) {
    return { ...found, ...selfDescription(format), status: 'invalid', reason: messageOf(error) };
  }
  const described = selfDescription(format, signedPayload(bundle));
  return { ...found, ...described, ...judgeBundle(format, bundle, content, options) };
}

type Judgement = Omit<SignatureVerdict, 'format' | 'kind' | 'descriptor' | 'predicateType'>;

function judgeBundle(format: AttachmentFormat, bundle: Bundle, content: Buffer, options: JudgeOptions): Judgement {
  const { digest, trust, policy, claims = {} } = options;
  let log: readonly LogRecord[] = [];
  try {
    log = logRecords(bundle);
    const evidence = verifyEvidence(trust, policy, bundle, format === 'sig-tag' ? content : undefined);
    if ('unknownKey' in evidence) {
      return { status: 'unverifiable', reason: 'it was made with a key that is not among the known ones', log };
    }
    const { signer } = evidence;
    const { digests, ...said } = format === 'sig-tag' ? readClaims(content) : readStatement(bundle, digest);
    const facts = { signer, log, ...said };
    const objection = objectionTo({ digests, ...said }, digest, claims);
    if (objection !== undefined) return { ...facts, status: 'invalid', reason: objection };
    if (policy.accepts(signer)) return { ...facts, status: 'verified', reason: `by ${describeSigner(signer)}` };
    return { ...facts, status: 'untrusted-identity', reason: `by ${describeSigner(signer)}, who is not accepted here` };
  } catch (error) {
    return { status: 'invalid', reason: messageOf(error), log };
  }
}

/** A signer in words. */
export function describeSigner(signer: SignerIdentity): string {
  return signer.kind === 'key' ? 'a known key' : `${signer.identity} (issuer ${signer.issuer})`;
}

function toBundle({ format, descriptor }: Attachment, content: Buffer): Bundle {
  switch (format) {
    case 'sig-tag':
      return signatureLayerBundle(descriptor.annotations ?? {}, content);
    case 'att-tag':
      return attestationLayerBundle(descriptor.annotations ?? {}, content);
    case 'bundle':
      return parseBundle(content);
  }
}

/**
 * What an attachment is taken for before it is verified. A bundle that cannot be read is a signature, as it is for cosign,
 * so that it is not passed over where signatures have to verify.
 */
function selfDescription(
  format: AttachmentFormat,
  statement?: Buffer,
): Pick<SignatureVerdict, 'kind' | 'predicateType'> {
  if (format === 'sig-tag') return { kind: 'signature' };
  try {
    const { predicateType } = parseStatement(statement ?? Buffer.alloc(0));
    return { kind: predicateType === COSIGN_SIGN ? 'signature' : 'attestation', predicateType };
  } catch {
    return { kind: format === 'bundle' ? 'signature' : 'attestation' };
  }
}

function signedPayload({ content }: Bundle): Buffer | undefined {
  return content.$case === 'dsseEnvelope' ? content.dsseEnvelope.payload : undefined;
}

/** kpromo once attached bare statements (its versions 4.3 to 4.5). */
function isUnsigned(content: Buffer): boolean {
  try {
    const { signatures, payload } = JSON.parse(content.toString('utf8')) as Record<string, unknown>;
    return payload === undefined || (Array.isArray(signatures) && signatures.length === 0);
  } catch {
    return false;
  }
}

function readClaims(payload: Buffer): Said {
  const { digest, dockerReference, annotations } = parseSimpleSigning(payload);
  return { digests: [digest], dockerReference, annotations };
}

function readStatement({ content }: Bundle, digest: Digest): Said {
  if (content.$case !== 'dsseEnvelope') {
    throw new PromoterError('SignatureInvalid', 'it signs a file, not a statement about an image');
  }
  const { payloadType, payload } = content.dsseEnvelope;
  if (payloadType !== IN_TOTO) {
    throw new PromoterError('SignatureInvalid', `its payload is '${payloadType}', not an in-toto statement`);
  }
  const statement = parseStatement(payload);
  const subject = statement.subjects.find((one) => one.digest === digest);
  return {
    digests: statement.subjects.map((one) => one.digest),
    annotations: subject?.annotations ?? {},
    statement,
  };
}

/** What keeps something that is properly signed from saying what we asked for. */
function objectionTo(
  said: Said,
  digest: Digest,
  { dockerReference, annotations = {} }: WantedClaims,
): string | undefined {
  if (!said.digests.includes(digest)) return `it is about ${said.digests.join(', ') || 'no image'}`;
  if (dockerReference !== undefined && said.dockerReference !== undefined && said.dockerReference !== dockerReference) {
    return `it names the image ${said.dockerReference}, not ${dockerReference}`;
  }
  if (!includesAnnotations(said.annotations, annotations)) {
    return `it lacks the annotations ${JSON.stringify(annotations)}`;
  }
  return undefined;
}
