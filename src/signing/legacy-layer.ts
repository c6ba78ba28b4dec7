import { createHash } from 'node:crypto';
import { BUNDLE_V01_MEDIA_TYPE, BUNDLE_V02_MEDIA_TYPE, envelopeFromJSON } from '@sigstore/bundle';
import type { Bundle, TransparencyLogEntry } from '@sigstore/bundle';
import { pem } from '@sigstore/core';
import { HashAlgorithm } from '@sigstore/protobuf-specs';
import { PromoterError } from '../errors.ts';
import {
  CERTIFICATE_ANNOTATION,
  CHAIN_ANNOTATION,
  LOG_ANNOTATION,
  SIGNATURE_ANNOTATION,
  TIMESTAMP_ANNOTATION,
} from './media-types.ts';
import type { Sealed } from './seal.ts';

type Annotations = Readonly<Record<string, string>>;

/** What cosign keeps of a log entry in an annotation (cosign, pkg/cosign/bundle/rekor.go). */
interface LogAnnotation {
  readonly SignedEntryTimestamp: string;
  readonly Payload: {
    readonly body: string;
    readonly integratedTime: number;
    readonly logIndex: number;
    readonly logID: string;
  };
}

/** The annotations that make a signature with a Rekor v1 entry a layer of a `.sig` manifest. */
export function legacyAnnotations({ bundle, chain }: Sealed<Bundle>): Annotations {
  const { content, verificationMaterial } = bundle;
  const signature = content.$case === 'messageSignature' ? content.messageSignature.signature.toString('base64') : '';
  const key = verificationMaterial.content;
  const certificate = key.$case === 'certificate' ? pem.fromDER(key.certificate.rawBytes) : undefined;
  const [entry] = verificationMaterial.tlogEntries;
  return {
    [SIGNATURE_ANNOTATION]: signature,
    ...(certificate === undefined ? {} : { [CERTIFICATE_ANNOTATION]: certificate }),
    ...(chain === undefined || chain === '' ? {} : { [CHAIN_ANNOTATION]: chain }),
    ...(entry === undefined ? {} : { [LOG_ANNOTATION]: JSON.stringify(toLogAnnotation(entry)) }),
  };
}

/**
 * The bundle that a layer of a `.sig` manifest amounts to.
 *
 * @throws PromoterError `SignatureInvalid` saying what cannot be read
 */
export function signatureLayerBundle(annotations: Annotations, payload: Buffer): Bundle {
  const encoded = annotations[SIGNATURE_ANNOTATION];
  if (encoded === undefined || encoded === '') throw new PromoterError('SignatureInvalid', 'it holds no signature');
  return {
    ...materialOf(annotations),
    content: {
      $case: 'messageSignature',
      messageSignature: {
        messageDigest: {
          algorithm: HashAlgorithm.SHA2_256,
          digest: createHash('sha256').update(payload).digest(),
        },
        signature: Buffer.from(encoded, 'base64'),
      },
    },
  };
}

/** The bundle that a layer of an `.att` manifest amounts to. @throws PromoterError as {@link signatureLayerBundle} */
export function attestationLayerBundle(annotations: Annotations, payload: Buffer): Bundle {
  let dsseEnvelope;
  try {
    dsseEnvelope = envelopeFromJSON(JSON.parse(payload.toString('utf8')));
  } catch (error) {
    throw new PromoterError('SignatureInvalid', 'it is not a DSSE envelope', { cause: error });
  }
  if (dsseEnvelope.signatures.length !== 1 || dsseEnvelope.payload.length === 0) {
    throw new PromoterError('SignatureInvalid', `its envelope holds ${dsseEnvelope.signatures.length} signatures`);
  }
  return { ...materialOf(annotations), content: { $case: 'dsseEnvelope', dsseEnvelope } };
}

function materialOf(annotations: Annotations): Pick<Bundle, 'mediaType' | 'verificationMaterial'> {
  const certificate = annotations[CERTIFICATE_ANNOTATION];
  const timestamp = annotations[TIMESTAMP_ANNOTATION];
  const log = annotations[LOG_ANNOTATION];
  try {
    return {
      mediaType: log === undefined ? BUNDLE_V02_MEDIA_TYPE : BUNDLE_V01_MEDIA_TYPE,
      verificationMaterial: {
        content:
          certificate === undefined || certificate === ''
            ? { $case: 'publicKey', publicKey: { hint: '' } }
            : {
                $case: 'x509CertificateChain',
                x509CertificateChain: { certificates: [{ rawBytes: pem.toDER(certificate) }] },
              },
        tlogEntries: log === undefined ? [] : [fromLogAnnotation(JSON.parse(log) as LogAnnotation)],
        timestampVerificationData: {
          rfc3161Timestamps: timestamp === undefined ? [] : [{ signedTimestamp: timestampIn(timestamp) }],
        },
      },
    };
  } catch (error) {
    throw new PromoterError('SignatureInvalid', 'its annotations cannot be read', { cause: error });
  }
}

function toLogAnnotation(entry: TransparencyLogEntry): LogAnnotation {
  return {
    SignedEntryTimestamp: (entry.inclusionPromise?.signedEntryTimestamp ?? Buffer.alloc(0)).toString('base64'),
    Payload: {
      body: entry.canonicalizedBody.toString('base64'),
      integratedTime: Number(entry.integratedTime),
      logIndex: Number(entry.logIndex),
      logID: entry.logId.keyId.toString('hex'),
    },
  };
}

function fromLogAnnotation({ SignedEntryTimestamp, Payload }: LogAnnotation): TransparencyLogEntry {
  const canonicalizedBody = Buffer.from(Payload.body, 'base64');
  const { kind, apiVersion } = JSON.parse(canonicalizedBody.toString('utf8')) as Record<string, unknown>;
  return {
    logIndex: String(Payload.logIndex),
    logId: { keyId: Buffer.from(Payload.logID, 'hex') },
    kindVersion: { kind: String(kind), version: String(apiVersion) },
    integratedTime: String(Payload.integratedTime),
    inclusionPromise: { signedEntryTimestamp: Buffer.from(SignedEntryTimestamp, 'base64') },
    inclusionProof: undefined,
    canonicalizedBody,
  };
}

function timestampIn(annotation: string): Buffer {
  const { SignedRFC3161Timestamp: encoded } = JSON.parse(annotation) as { SignedRFC3161Timestamp: string };
  return Buffer.from(encoded, 'base64');
}
