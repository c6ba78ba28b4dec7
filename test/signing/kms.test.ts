import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { openGoogleKey } from '../../src/signing/kms.ts';
import type { ServiceClient } from '../../src/signing/service.ts';

const NAME = 'projects/p/locations/l/keyRings/r/cryptoKeys/k';

describe('a key in Google Cloud KMS', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();

  /** The key service by its documentation; hashes cannot be signed with node:crypto, so it is told what they are of. */
  function kms(algorithm: string, data: Buffer): ServiceClient {
    return async ({ url, headers, body }) => {
      assert.equal(headers?.['authorization'], 'Bearer access');
      assert.ok(url.startsWith(`https://kms.test/v1/${NAME}/cryptoKeyVersions/3`));
      const answer =
        body === undefined
          ? { pem, algorithm }
          : {
              signature: sign(
                'sha256',
                data,
                createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })),
              ).toString('base64'),
            };
      return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(answer)) };
    };
  }
  const accessToken = async (): Promise<string> => 'access';

  it('signs without leaving it', async () => {
    const data = Buffer.from('data');
    const service = kms('EC_SIGN_P256_SHA256', data);
    const signer = await openGoogleKey(`gcpkms://${NAME}/versions/3`, {
      service,
      accessToken,
      endpoint: 'https://kms.test',
    });
    const { signature, key } = await signer.sign(data);
    assert.ok(verify('sha256', data, publicKey, signature));
    assert.equal(key.$case, 'publicKey');
    assert.deepEqual(await signer.identity(), { kind: 'key', publicKey: pem });
  });

  it('has to be a P-256 signing key, and to be named by its version', async () => {
    const options = {
      service: kms('RSA_SIGN_PSS_2048_SHA256', Buffer.alloc(0)),
      accessToken,
      endpoint: 'https://kms.test',
    };
    await assert.rejects(openGoogleKey(`gcpkms://${NAME}/cryptoKeyVersions/3`, options), {
      code: 'ConfigInvalid',
      message: /RSA_SIGN_PSS_2048_SHA256/,
    });
    await assert.rejects(openGoogleKey(`gcpkms://${NAME}`, options), { code: 'ConfigInvalid' });
  });
});
