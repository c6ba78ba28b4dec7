import type { X509Certificate } from '@sigstore/core';

/**
 * Makes a certificate keep its DER encoding. The library encodes one anew, node by node, whenever it compares certificates
 * or checks a signature on one, which is most of what verifying a signature costs.
 */
export function keepEncoding(certificate: X509Certificate): void {
  for (const node of [certificate.root, certificate.tbsCertificate]) {
    const encoded = node.toDER();
    node.toDER = () => encoded;
  }
}
