import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SigningConfig, TrustedRoot } from '@sigstore/protobuf-specs';
import { toTrustMaterial } from '@sigstore/verify';
import { writeClientFiles } from '../../../src/stack/sigstore/client-files.ts';
import { type Credentials, keepCredentials } from '../../../src/stack/sigstore/credentials.ts';
import { noteKeyId } from '../../../src/stack/sigstore/trusted-root.ts';

const LIGHT = {
  issuer: 'http://127.0.0.1:1',
  fulcio: 'http://127.0.0.1:2',
  ctLog: 'http://127.0.0.1:3',
  timestampAuthority: 'http://127.0.0.1:4/api/v1/timestamp',
  rekorV2: 'http://127.0.0.1:5',
};
const FULL = { ...LIGHT, rekorV1: 'http://127.0.0.1:6' };

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8')) as unknown;
}

describe('trusted root and signing config', () => {
  let folder: string;
  let credentials: Credentials;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'trusted-root-'));
    credentials = await keepCredentials(join(folder, 'keys'));
  });
  after(() => rm(folder, { recursive: true }));

  it('make a verifier trust the keys and certificates of the stack, and no others', async () => {
    const { trustedRootFile } = await writeClientFiles(folder, credentials, FULL);
    const material = toTrustMaterial(TrustedRoot.fromJSON(await readJson(trustedRootFile)));
    const keys = (logs: typeof material.tlogs): unknown[] => logs.map((log) => log.publicKey.export({ format: 'jwk' }));
    const expected = (...names: ('rekor-v1' | 'rekor-v2' | 'ct-log')[]): unknown[] =>
      names.map((name) => credentials.publicKey(name).export({ format: 'jwk' }));
    assert.deepEqual(keys(material.tlogs), expected('rekor-v1', 'rekor-v2'));
    assert.deepEqual(keys(material.ctlogs), expected('ct-log'));
    assert.equal(material.certificateAuthorities.length, 1);
    assert.equal(material.timestampAuthorities[0]?.certChain.length, 2);
  });

  it('begin when the certificates do', async () => {
    const { trustedRootFile } = await writeClientFiles(folder, credentials, FULL);
    const { tlogs, certificateAuthorities } = TrustedRoot.fromJSON(await readJson(trustedRootFile));
    const start = certificateAuthorities[0]?.validFor?.start;
    assert.ok(start !== undefined && start.getTime() < Date.now());
    for (const log of tlogs) assert.deepEqual(log.publicKey?.validFor?.start, start);
  });

  it('put Rekor v1 first where there is one', async () => {
    const versions = async (urls: typeof LIGHT): Promise<readonly number[]> => {
      const { signingConfigFile } = await writeClientFiles(folder, credentials, urls);
      const { rekorTlogUrls } = SigningConfig.fromJSON(await readJson(signingConfigFile));
      return rekorTlogUrls.map(({ majorApiVersion }) => majorApiVersion);
    };
    assert.deepEqual(await versions(FULL), [1, 2]);
    assert.deepEqual(await versions(LIGHT), [2]);
  });

  it('know a log of version 2 by the key ID that the log gives itself', () => {
    // The public good log of 2025, as its trusted root has it.
    const key = Buffer.from('MCowBQYDK2VwAyEAt8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244=', 'base64');
    const keyId = noteKeyId('log2025-1.rekor.sigstore.dev', createPublicKey({ key, format: 'der', type: 'spki' }));
    assert.equal(keyId.toString('base64'), 'zxGZFVvd0FEmjR8WrFwMdcAJ9vtaY/QXf44Y1wUeP6A=');
  });
});
