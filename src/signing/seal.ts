import { createHash } from 'node:crypto';
import { toDSSEBundle, toMessageSignatureBundle } from '@sigstore/bundle';
import type { Bundle, BundleWithDsseEnvelope, BundleWithMessageSignature } from '@sigstore/bundle';
import { dsse, pem } from '@sigstore/core';
import type { Signature, Signer } from './signer.ts';
import type { Witness } from './witness.ts';

/** A signed and witnessed payload, with the chain of its certificate as the signer knows it. */
export interface Sealed<B extends Bundle> {
  readonly bundle: B;
  readonly chain?: string;
}

/**
 * Signs a payload in a DSSE envelope and has it witnessed; the result is a version 0.3 bundle.
 *
 * @throws PromoterError as the signer and the witnesses do
 */
export async function sealEnvelope(
  signer: Signer,
  witnesses: readonly Witness[],
  payloadType: string,
  payload: Buffer,
): Promise<Sealed<BundleWithDsseEnvelope>> {
  const signature = await signer.sign(dsse.preAuthEncoding(payloadType, payload));
  const bundle = toDSSEBundle({
    artifact: payload,
    artifactType: payloadType,
    signature: signature.signature,
    ...certificateOf(signature),
  });
  const { key } = signature;
  // The envelope's keyid stays empty: cosign looks for a key of that name otherwise, and finds none.
  if (key.$case === 'publicKey') {
    bundle.verificationMaterial.content = { $case: 'publicKey', publicKey: { hint: key.hint ?? '' } };
  }
  return witnessed(bundle, signature, witnesses);
}

/** Signs bytes as they are and has the signature witnessed. @throws PromoterError as {@link sealEnvelope} */
export async function sealMessage(
  signer: Signer,
  witnesses: readonly Witness[],
  payload: Buffer,
): Promise<Sealed<BundleWithMessageSignature>> {
  const signature = await signer.sign(payload);
  const bundle = toMessageSignatureBundle({
    digest: createHash('sha256').update(payload).digest(),
    signature: signature.signature,
    ...certificateOf(signature),
  });
  return witnessed(bundle, signature, witnesses);
}

function certificateOf({ key }: Signature): { readonly certificate?: Buffer } {
  return key.$case === 'x509Certificate' ? { certificate: pem.toDER(key.certificate) } : {};
}

async function witnessed<B extends Bundle>(
  bundle: B,
  signature: Signature,
  witnesses: readonly Witness[],
): Promise<Sealed<B>> {
  const testimonies = await Promise.all(witnesses.map((witness) => witness(bundle.content, signature.key)));
  bundle.verificationMaterial.tlogEntries = testimonies.flatMap(({ logEntries = [] }) => logEntries);
  bundle.verificationMaterial.timestampVerificationData = {
    rfc3161Timestamps: testimonies.flatMap(({ timestamps = [] }) =>
      timestamps.map((signedTimestamp) => ({ signedTimestamp })),
    ),
  };
  return { bundle, ...(signature.chain === undefined ? {} : { chain: signature.chain }) };
}
