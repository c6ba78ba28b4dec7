import type { Signature as SigstoreSignature, Signer as SigstoreSigner } from '@sigstore/sign';

/** A signature and what proves whose it is: a certificate, or a public key that the verifier must know. */
export interface Signature extends SigstoreSignature {
  /** PEM of the certificates above the signer's, up to the root. */
  readonly chain?: string;
}

/** Who a signer is, in the terms in which a verifier is told whom to trust. */
export type SignerIdentity =
  | { readonly kind: 'certificate'; readonly identity: string; readonly issuer: string }
  /** PEM of the public key. */
  | { readonly kind: 'key'; readonly publicKey: string };

/**
 * Signs bytes with ECDSA or another scheme of Sigstore's registry, over their SHA-256 (`Signer` of `@sigstore/sign`,
 * which every implementation also satisfies).
 *
 * Its calls throw PromoterError `IdentityUnavailable`, `SigningUnavailable` or `SigningRefused`.
 */
export interface Signer extends SigstoreSigner {
  sign(data: Buffer): Promise<Signature>;
  identity(): Promise<SignerIdentity>;
}
