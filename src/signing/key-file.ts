import { createPrivateKey, createPublicKey, scrypt, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { PromoterError } from '../errors.ts';
import { keyHint } from './public-key.ts';
import type { Signer } from './signer.ts';

const PEM = /-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/;
/** The three strengths that cosign writes (go-securesystemslib, encrypted.go); others could be made to cost gigabytes. */
const SCRYPT_COSTS: ReadonlySet<number> = new Set([2 ** 15, 2 ** 16, 2 ** 17]);

interface EncryptedKey {
  readonly kdf: {
    readonly name: string;
    readonly params: { N: number; r: number; p: number };
    readonly salt: string;
  };
  readonly cipher: { readonly name: string; readonly nonce: string };
  readonly ciphertext: string;
}

/**
 * Signs with a key pair as `cosign generate-key-pair` writes it: PKCS #8 in a nacl secretbox under scrypt.
 *
 * @param pem text of the `cosign.key` file
 * @throws PromoterError `ConfigInvalid` when it is not such a key, or the password is wrong
 */
export async function openKeyFile(pem: string, password: string): Promise<Signer> {
  const privateKey = await decrypt(parse(pem), password);
  const publicKey = createPublicKey(privateKey).export({ format: 'pem', type: 'spki' }).toString();
  return {
    sign: async (data) => ({
      signature: sign('sha256', data, privateKey),
      key: { $case: 'publicKey', publicKey, hint: keyHint(publicKey) },
    }),
    identity: async () => ({ kind: 'key', publicKey }),
  };
}

function parse(pem: string): EncryptedKey {
  const encoded = PEM.exec(pem)?.[1];
  if (encoded === undefined) throw unusable('there is no ENCRYPTED SIGSTORE PRIVATE KEY in it');
  let key: EncryptedKey;
  try {
    key = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as EncryptedKey;
  } catch (error) {
    throw unusable('its content is not JSON', error);
  }
  const { name, params } = key.kdf;
  if (name !== 'scrypt' || !SCRYPT_COSTS.has(params.N) || params.r !== 8 || params.p !== 1) {
    throw unusable('it is encrypted in a way that cosign does not use');
  }
  if (key.cipher.name !== 'nacl/secretbox') throw unusable(`its cipher is ${key.cipher.name}`);
  return key;
}

async function decrypt({ kdf, cipher, ciphertext }: EncryptedKey, password: string): Promise<KeyObject> {
  const { N, r, p } = kdf.params;
  const key = await new Promise<Buffer>((resolve, reject) => {
    scrypt(password, Buffer.from(kdf.salt, 'base64'), 32, { N, r, p, maxmem: 256 * N * r }, (error, derived) => {
      if (error === null) resolve(derived);
      else reject(error);
    });
  });
  try {
    const box = xsalsa20poly1305(key, Buffer.from(cipher.nonce, 'base64'));
    const der = Buffer.from(box.decrypt(Buffer.from(ciphertext, 'base64')));
    return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  } catch (error) {
    throw unusable('the password is wrong, or the file is damaged', error);
  }
}

function unusable(why: string, cause?: unknown): PromoterError {
  return new PromoterError('ConfigInvalid', `the signing key cannot be used: ${why}`, { cause });
}
