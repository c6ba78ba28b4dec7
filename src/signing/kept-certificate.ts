import type { X509Certificate } from '@sigstore/core';
import { LRUCache } from 'lru-cache';

/** Certificates of signers that were seen lately. */
export interface CertificateMemory {
  /** The same certificate as it was first seen, with what has been found out about it since. */
  recall(certificate: X509Certificate, encoded: Buffer): X509Certificate;
}

/** Our own certificates serve thousands of signatures each; those of others come and go. */
const LARGEST_MEMORY = 256;

/** Makes a memory that knows nobody. */
export function createCertificateMemory(): CertificateMemory {
  const known = new LRUCache<string, X509Certificate>({ max: LARGEST_MEMORY });
  return {
    recall(certificate, encoded) {
      const key = encoded.toString('base64');
      const before = known.get(key);
      if (before !== undefined) return before;
      keepResults(certificate);
      known.set(key, certificate);
      return certificate;
    },
  };
}

/**
 * Makes a certificate keep its DER encoding, and which certificates it was signed with. The library encodes it anew, node
 * by node, whenever it compares certificates, and checks every signature of a chain anew for every use of the chain: that
 * is most of what verifying a signature costs. Neither can change, so that only the dates remain to be looked at.
 */
export function keepResults(certificate: X509Certificate): void {
  for (const node of [certificate.root, certificate.tbsCertificate]) {
    const encoded = node.toDER();
    node.toDER = () => encoded;
  }
  const verify = certificate.verify.bind(certificate);
  const outcomes = new WeakMap<X509Certificate, boolean>();
  certificate.verify = (issuer) => {
    const signer = issuer ?? certificate;
    const outcome = outcomes.get(signer) ?? verify(issuer);
    outcomes.set(signer, outcome);
    return outcome;
  };
}
