import { createHash, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { HashAlgorithm, PublicKeyDetails } from '@sigstore/protobuf-specs';
import type { CertificateAuthority, TransparencyLogInstance, TrustedRoot } from '@sigstore/protobuf-specs';
import type { Credentials } from './credentials.ts';
import { REKOR_V2_ORIGIN } from './rekor-v2.ts';
import { OPERATOR, type ServiceUrls } from './signing-config.ts';

const MEDIA_TYPE = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1';
/** The algorithm byte of Ed25519 keys in signed notes, https://c2sp.org/signed-note. */
const NOTE_ED25519 = 1;

/**
 * What a verifier has to trust to believe this stack's signatures: the `trusted_root.json` of
 * https://github.com/sigstore/protobuf-specs, as cosign's `--trusted-root` takes it.
 *
 * @param start from when on keys and certificates are used
 */
export async function trustedRoot(credentials: Credentials, urls: ServiceUrls, start: Date): Promise<TrustedRoot> {
  const fulcio = await readCertificates(credentials.fulcioCertificateFile);
  const timestamp = await readCertificates(credentials.timestampChainFile);
  const log = (baseUrl: string, publicKey: KeyObject, logId: Buffer): TransparencyLogInstance => ({
    baseUrl,
    hashAlgorithm: HashAlgorithm.SHA2_256,
    publicKey: {
      rawBytes: spki(publicKey),
      keyDetails:
        publicKey.asymmetricKeyType === 'ed25519'
          ? PublicKeyDetails.PKIX_ED25519
          : PublicKeyDetails.PKIX_ECDSA_P256_SHA_256,
      validFor: { start, end: undefined },
    },
    logId: { keyId: logId },
    checkpointKeyId: undefined,
    operator: OPERATOR,
  });
  const authority = (uri: string, chain: readonly X509Certificate[]): CertificateAuthority => ({
    subject: { organization: OPERATOR, commonName: commonName(chain) },
    uri,
    certChain: { certificates: chain.map((certificate) => ({ rawBytes: certificate.raw })) },
    validFor: { start, end: undefined },
    operator: OPERATOR,
  });

  const rekorV1 = credentials.publicKey('rekor-v1');
  const rekorV2 = credentials.publicKey('rekor-v2');
  const ctLog = credentials.publicKey('ct-log');
  return {
    mediaType: MEDIA_TYPE,
    tlogs: [
      ...(urls.rekorV1 === undefined ? [] : [log(urls.rekorV1, rekorV1, sha256(spki(rekorV1)))]),
      log(urls.rekorV2, rekorV2, noteKeyId(REKOR_V2_ORIGIN, rekorV2)),
    ],
    certificateAuthorities: [authority(urls.fulcio, fulcio)],
    ctlogs: [log(urls.ctLog, ctLog, sha256(spki(ctLog)))],
    timestampAuthorities: [authority(urls.timestampAuthority, timestamp)],
  };
}

async function readCertificates(file: string): Promise<readonly X509Certificate[]> {
  const pem = await readFile(file, 'utf8');
  return (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map(
    (certificate) => new X509Certificate(certificate),
  );
}

function commonName(chain: readonly X509Certificate[]): string {
  return chain.at(-1)?.subject.replace(/^CN=/, '') ?? '';
}

/** The key ID of an Ed25519 key (https://c2sp.org/signed-note), not truncated: what Rekor v2 puts into its entries. */
export function noteKeyId(origin: string, publicKey: KeyObject): Buffer {
  const { x } = publicKey.export({ format: 'jwk' });
  return sha256(
    Buffer.concat([Buffer.from(`${origin}\n`), Buffer.from([NOTE_ED25519]), Buffer.from(x ?? '', 'base64url')]),
  );
}

function spki(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' });
}

function sha256(data: Buffer): Buffer {
  return createHash('sha256').update(data).digest();
}
