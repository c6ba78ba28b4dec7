import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepCredentials } from '../../../src/stack/sigstore/credentials.ts';

describe('credentials', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'credentials-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are made once and then kept', async () => {
    const made = await keepCredentials(join(folder, 'keys'));
    const kept = await keepCredentials(join(folder, 'keys'));
    assert.ok(made.privateKey('fulcio').equals(kept.privateKey('fulcio')));
    assert.ok(made.publicKey('rekor-v2').equals(kept.publicKey('rekor-v2')));
  });

  it('fit each other', async () => {
    const credentials = await keepCredentials(join(folder, 'keys'));
    const fulcio = new X509Certificate(await readFile(credentials.fulcioCertificateFile));
    assert.ok(fulcio.checkPrivateKey(credentials.privateKey('fulcio')));
    // The first certificate of a chain is its leaf, and that is the one that is parsed.
    const timestamp = new X509Certificate(await readFile(credentials.timestampChainFile));
    assert.ok(timestamp.checkPrivateKey(credentials.privateKey('timestamp')));
    assert.ok(timestamp.verify(credentials.publicKey('timestamp-root')));
    assert.ok(fulcio.validFromDate.getTime() < Date.now());
  });

  it('let nobody but their owner read private keys', async () => {
    const credentials = await keepCredentials(join(folder, 'keys'));
    assert.equal((await stat(credentials.keyFile('fulcio'))).mode & 0o777, 0o600);
    assert.equal((await stat(join(folder, 'keys'))).mode & 0o777, 0o700);
  });

  it('are made anew when a first start was interrupted', async () => {
    await mkdir(join(folder, 'keys.new'));
    await writeFile(join(folder, 'keys.new', 'fulcio.key'), 'half a key');
    const credentials = await keepCredentials(join(folder, 'keys'));
    assert.equal(credentials.privateKey('fulcio').asymmetricKeyType, 'ec');
  });
});
