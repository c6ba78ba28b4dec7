import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes, scryptSync, verify } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { openKeyFile } from '../../src/signing/key-file.ts';
import { keyHint } from '../../src/signing/public-key.ts';

const PASSWORD = 'correct horse';
const PAIR = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const PUBLIC_KEY = PAIR.publicKey.export({ format: 'pem', type: 'spki' }).toString();

interface KeyFile {
  kdf: { name: string; params: { N: number; r: number; p: number }; salt: string };
  cipher: { name: string; nonce: string };
  ciphertext: string;
}

/** The content of a key file as `cosign generate-key-pair` writes it. */
function encrypt(): KeyFile {
  const params = { N: 2 ** 15, r: 8, p: 1 };
  const salt = randomBytes(32);
  const nonce = randomBytes(24);
  const key = scryptSync(PASSWORD, salt, 32, { ...params, maxmem: 256 * params.N * params.r });
  const der = PAIR.privateKey.export({ format: 'der', type: 'pkcs8' });
  return {
    kdf: { name: 'scrypt', params, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext: Buffer.from(xsalsa20poly1305(key, nonce).encrypt(der)).toString('base64'),
  };
}

const FILE = encrypt();

function pemOf(content: unknown, kind = 'SIGSTORE'): string {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const lines = Buffer.from(text)
    .toString('base64')
    .replace(/(.{64})/g, '$1\n');
  return `-----BEGIN ENCRYPTED ${kind} PRIVATE KEY-----\n${lines}\n-----END ENCRYPTED ${kind} PRIVATE KEY-----\n`;
}

describe('a key file', () => {
  for (const kind of ['SIGSTORE', 'COSIGN']) {
    it(`headed ${kind} signs, and says by which key`, async () => {
      const signer = await openKeyFile(pemOf(FILE, kind), PASSWORD);
      assert.deepEqual(await signer.identity(), { kind: 'key', publicKey: PUBLIC_KEY });
      const data = Buffer.from('to be signed');
      const { signature, key } = await signer.sign(data);
      assert.ok(verify('sha256', data, PAIR.publicKey, signature));
      assert.deepEqual(key, { $case: 'publicKey', publicKey: PUBLIC_KEY, hint: keyHint(PUBLIC_KEY) });
    });
  }

  const { kdf, cipher, ciphertext } = FILE;
  const damaged = Buffer.from(ciphertext, 'base64');
  damaged[0] = (damaged[0] ?? 0) ^ 1;
  const refused: readonly (readonly [what: string, pem: string, password: string, why: RegExp])[] = [
    ['with another password', pemOf(FILE), 'wrong', /the password is wrong, or the file is damaged/],
    ['that was changed', pemOf({ ...FILE, ciphertext: damaged.toString('base64') }), PASSWORD, /the password is wrong/],
    ['that is a public key', PUBLIC_KEY, PASSWORD, /there is no ENCRYPTED SIGSTORE PRIVATE KEY/],
    ['without JSON', pemOf('x'), PASSWORD, /its content is not JSON/],
    ['under another function', pemOf({ ...FILE, kdf: { ...kdf, name: 'argon2' } }), PASSWORD, /cosign does not use/],
    ['with another cipher', pemOf({ ...FILE, cipher: { ...cipher, name: 'aes' } }), PASSWORD, /its cipher is aes/],
  ];
  for (const [what, pem, password, why] of refused) {
    it(`${what} cannot be used, and why is said`, async () => {
      await assert.rejects(openKeyFile(pem, password), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'ConfigInvalid');
        assert.match(error.message, why);
        assert.ok(!error.message.includes(PASSWORD));
        return true;
      });
    });
  }

  it('cannot make the derivation of its key cost more than cosign does', async () => {
    for (const change of [{ N: 2 ** 24 }, { N: 2 ** 14 }, { r: 64 }, { p: 16 }]) {
      const costly = { ...FILE, kdf: { ...kdf, params: { ...kdf.params, ...change } } };
      await assert.rejects(openKeyFile(pemOf(costly), PASSWORD), {
        code: 'ConfigInvalid',
        message: /encrypted in a way that cosign does not use/,
      });
    }
  });
});
