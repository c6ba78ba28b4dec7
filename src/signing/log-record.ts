import type { Bundle, TransparencyLogEntry } from '@sigstore/bundle';
import { pem } from '@sigstore/core';

/** Where a signature stands in a transparency log. */
export interface LogRecord {
  /** Hex. */
  readonly logId: string;
  readonly logIndex: string;
  /** `hashedrekord 0.0.1` and the like. */
  readonly kind: string;
  /** ISO 8601; only Rekor v1 states it. */
  readonly integratedTime?: string;
}

/** The entries of a bundle, for people. */
export function logRecords({ verificationMaterial }: Bundle): readonly LogRecord[] {
  const entries: readonly TransparencyLogEntry[] = verificationMaterial.tlogEntries;
  return entries.map(({ logId, logIndex, kindVersion, integratedTime }) => {
    const seconds = Number(integratedTime);
    return {
      logId: logId.keyId.toString('hex'),
      logIndex,
      kind: `${kindVersion.kind} ${kindVersion.version}`,
      ...(seconds > 0 && seconds < 1e11 ? { integratedTime: new Date(seconds * 1000).toISOString() } : {}),
    };
  });
}

interface EntryBody {
  readonly spec: {
    readonly signature?: { readonly publicKey?: { readonly content?: string } };
    readonly signatures?: readonly { readonly verifier?: string }[];
    readonly content?: { readonly envelope?: { readonly signatures?: readonly { readonly publicKey?: string }[] } };
    readonly hashedRekordV002?: { readonly signature?: EntrySignature };
    readonly dsseV002?: { readonly signatures?: readonly EntrySignature[] };
  };
}

interface EntrySignature {
  readonly verifier?: {
    readonly x509Certificate?: { readonly rawBytes?: string };
    readonly publicKey?: { readonly rawBytes?: string };
  };
}

/**
 * The certificate or public key that a log saw a signature with, DER. Every kind of entry keeps it elsewhere
 * (rekor, pkg/types; rekor-tiles, api/proto/rekor/v2).
 *
 * @throws Error when the body is not built as any kind of entry is
 */
export function loggedVerifier(entry: TransparencyLogEntry): Buffer | undefined {
  const { spec } = JSON.parse(entry.canonicalizedBody.toString('utf8')) as EntryBody;
  const v2 = spec.hashedRekordV002?.signature?.verifier ?? spec.dsseV002?.signatures?.[0]?.verifier;
  const der = v2?.x509Certificate?.rawBytes ?? v2?.publicKey?.rawBytes;
  if (der !== undefined) return Buffer.from(der, 'base64');
  const encoded =
    spec.signature?.publicKey?.content ??
    spec.signatures?.[0]?.verifier ??
    spec.content?.envelope?.signatures?.[0]?.publicKey;
  return encoded === undefined ? undefined : pem.toDER(Buffer.from(encoded, 'base64').toString('utf8'));
}
