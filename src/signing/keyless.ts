import { generateKeyPair, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { readCertificate } from './certificate.ts';
import type { CertificateSubject } from './certificate.ts';
import { requestCertificate } from './fulcio.ts';
import type { IssuedCertificate } from './fulcio.ts';
import { tokenClaims } from './identity/token.ts';
import type { IdentityProvider } from './identity/token.ts';
import type { ServiceClient } from './service.ts';
import type { Signer } from './signer.ts';

export interface KeylessOptions {
  readonly fulcioUrl: string;
  readonly identity: IdentityProvider;
  readonly service: ServiceClient;
  /**
   * How long before its expiry a certificate is replaced, so that the log's entry still falls into its lifetime;
   * two of Fulcio's ten minutes unless given.
   */
  readonly marginMs?: number;
  readonly now?: () => number;
}

interface Credential extends IssuedCertificate {
  readonly privateKey: KeyObject;
  readonly subject: CertificateSubject;
}

const newKeyPair = promisify(generateKeyPair);

/**
 * Signs with a key that lives in memory and a certificate that Fulcio issues for it.
 *
 * One certificate serves every signature until shortly before it expires; however many signatures wait for the next one,
 * it is asked for once.
 */
export function createKeylessSigner(options: KeylessOptions): Signer {
  const { marginMs = 120_000, now = Date.now } = options;
  let current: Credential | undefined;
  let renewal: Promise<Credential> | undefined;

  async function credential(): Promise<Credential> {
    if (current !== undefined && current.subject.notAfter.getTime() - marginMs > now()) return current;
    renewal ??= issue(options)
      .then((issued) => (current = issued))
      .finally(() => {
        renewal = undefined;
      });
    return renewal;
  }

  return {
    async sign(data) {
      const { privateKey, leaf, chain } = await credential();
      return {
        signature: sign('sha256', data, privateKey),
        key: { $case: 'x509Certificate', certificate: leaf },
        chain: chain.join(''),
      };
    },
    async identity() {
      const { subject } = await credential();
      return { kind: 'certificate', identity: subject.identity, issuer: subject.issuer };
    },
  };
}

async function issue({ fulcioUrl, identity, service }: KeylessOptions): Promise<Credential> {
  const token = await identity.token();
  const { privateKey, publicKey } = await newKeyPair('ec', { namedCurve: 'P-256' });
  const proof = sign('sha256', Buffer.from(tokenClaims(token).subject), privateKey);
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const issued = await requestCertificate(service, { fulcioUrl, token, publicKey: pem, proof });
  return { ...issued, privateKey, subject: readCertificate(issued.leaf) };
}
