import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { KeyObject } from 'node:crypto';
import { json } from '@sigstore/core';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { Verifier, toTrustMaterial } from '@sigstore/verify';
import type { TrustMaterial } from '@sigstore/verify';
import { PromoterError, messageOf } from '../errors.ts';
import type { Digest } from '../reference.ts';
import { createCertificateMemory, keepResults } from './kept-certificate.ts';
import type { CertificateMemory } from './kept-certificate.ts';

/** Whom to believe: certificate authorities, logs and timestamp authorities, at one moment. */
export interface TrustRoot {
  /** SHA-256 of the root as canonical JSON: equal for two roots that say the same. */
  readonly digest: Digest;
  /** The root as canonical JSON. */
  readonly canonical: string;
  /** Verifies signatures by certificates, or by the one public key given. */
  verifier(key?: KeyObject): Verifier;
  /** Of signers whose certificates were verified under this root. */
  readonly certificates: CertificateMemory;
}

/**
 * Reads a `trusted_root.json`.
 *
 * @throws PromoterError `TrustRootInvalid` when the file cannot be read or is something else
 */
export async function readTrustRoot(path: string): Promise<TrustRoot> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new PromoterError('TrustRootInvalid', `the trusted root ${path} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return parseTrustRoot(text, path);
}

/**
 * @param origin where the text is from, for the message
 * @throws PromoterError `TrustRootInvalid` when it is not a trusted root or names no certificate authority or log
 */
export function parseTrustRoot(text: string, origin: string): TrustRoot {
  let root: TrustedRoot;
  let material: TrustMaterial;
  try {
    root = TrustedRoot.fromJSON(JSON.parse(text));
    material = toTrustMaterial(root);
    const authorities = [...material.certificateAuthorities, ...material.timestampAuthorities];
    for (const certificate of authorities.flatMap(({ certChain }) => certChain)) keepResults(certificate);
  } catch (error) {
    throw new PromoterError('TrustRootInvalid', `${origin} is not a trusted root: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (material.certificateAuthorities.length === 0 || material.tlogs.length === 0) {
    throw new PromoterError('TrustRootInvalid', `${origin} names no certificate authority or no transparency log`);
  }
  // A deployment without certificate transparency cannot be asked for its proof; one with it always is.
  const ctlogThreshold = material.ctlogs.length === 0 ? 0 : 1;
  const byCertificate = new Verifier(material, { ctlogThreshold });
  const canonical = json.canonicalize(TrustedRoot.toJSON(root));
  return {
    digest: `sha256:${createHash('sha256').update(canonical).digest('hex')}` as Digest,
    canonical,
    certificates: createCertificateMemory(),
    verifier(key) {
      if (key === undefined) return byCertificate;
      const publicKey = (): ReturnType<TrustMaterial['publicKey']> => ({ publicKey: key, validFor: () => true });
      return new Verifier({ ...material, publicKey });
    },
  };
}
