import { createHash } from 'node:crypto';
import { PromoterError } from '../errors.ts';
import { keyHint } from './public-key.ts';
import type { ServiceClient } from './service.ts';
import type { Signer } from './signer.ts';

const GCP_KEY =
  /^gcpkms:\/\/(projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+)\/(?:versions|cryptoKeyVersions)\/(\d+)$/;

export interface KmsOptions {
  readonly service: ServiceClient;
  /** An OAuth access token for the key service. */
  readonly accessToken: () => Promise<string>;
  /** `https://cloudkms.googleapis.com` unless given. */
  readonly endpoint?: string;
}

/**
 * Signs with an asymmetric P-256 key in Google Cloud KMS, named as cosign names it:
 * `gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K/versions/V`. The private key never leaves the service.
 *
 * @throws PromoterError `ConfigInvalid` when the reference is not of that form or the key is of another kind
 * (https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys.cryptoKeyVersions)
 */
export async function openGoogleKey(reference: string, options: KmsOptions): Promise<Signer> {
  const parts = GCP_KEY.exec(reference);
  if (parts === null) {
    throw new PromoterError('ConfigInvalid', `'${reference}' does not name a version of a key as gcpkms://… does`);
  }
  const name = `${parts[1]}/cryptoKeyVersions/${parts[2]}`;
  const { pem: publicKey, algorithm } = await call(options, 'reading the public key of', name, '/publicKey');
  if (publicKey === undefined || algorithm !== 'EC_SIGN_P256_SHA256') {
    throw new PromoterError('ConfigInvalid', `${name} is a key for ${algorithm ?? 'nothing'}, not EC_SIGN_P256_SHA256`);
  }
  const hint = keyHint(publicKey);
  return {
    async sign(data) {
      const sha256 = createHash('sha256').update(data).digest('base64');
      const { signature } = await call(options, 'signing with', name, ':asymmetricSign', { digest: { sha256 } });
      if (signature === undefined) throw new PromoterError('SigningRefused', `${name} answered without a signature`);
      return { signature: Buffer.from(signature, 'base64'), key: { $case: 'publicKey', publicKey, hint } };
    },
    identity: async () => ({ kind: 'key', publicKey }),
  };
}

interface KmsAnswer {
  readonly pem?: string;
  readonly algorithm?: string;
  readonly signature?: string;
}

async function call(
  { service, accessToken, endpoint = 'https://cloudkms.googleapis.com' }: KmsOptions,
  doing: string,
  name: string,
  method: string,
  body?: unknown,
): Promise<KmsAnswer> {
  const answer = await service({
    doing: `${doing} ${name}`,
    url: `${endpoint}/v1/${name}${method}`,
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${await accessToken()}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  try {
    return JSON.parse(answer.body.toString('utf8')) as KmsAnswer;
  } catch (error) {
    throw new PromoterError('SigningRefused', `${doing} ${name}: the answer is not JSON`, { cause: error });
  }
}
