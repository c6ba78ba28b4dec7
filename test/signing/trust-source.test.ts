import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseTrustRoot, readTrustRoot } from '../../src/signing/trust-root.ts';
import { fileTrustSource, openTrustSource, tufTrustSource } from '../../src/signing/trust-source.ts';
import { startTufRepository } from '../support/tuf-repository.ts';
import type { TufRepository } from '../support/tuf-repository.ts';
import { SIGNED } from './fixtures/signed.ts';

const ROOT = JSON.stringify(SIGNED.trustedRoot);
const OTHER_ROOT = JSON.stringify({ ...(SIGNED.trustedRoot as object), timestampAuthorities: [] });
const CONFIG = JSON.stringify({ mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json' });

describe('the trust root', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'trust-source-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('has the same digest however it is written, and another for other content', () => {
    const { digest } = parseTrustRoot(ROOT, 'a');
    const reordered = Object.fromEntries(Object.entries(SIGNED.trustedRoot as object).reverse());
    assert.equal(parseTrustRoot(JSON.stringify(reordered, undefined, 4), 'b').digest, digest);
    assert.notEqual(parseTrustRoot(OTHER_ROOT, 'c').digest, digest);
  });

  it('cannot be read from anything else', async () => {
    for (const text of ['', '{}', 'null', '{"tlogs":[]}', ROOT.replace('MII', 'XXX')]) {
      assert.throws(() => parseTrustRoot(text, 'a test'), { code: 'TrustRootInvalid', message: /a test/ });
    }
    await assert.rejects(readTrustRoot(join(directory, 'missing.json')), { code: 'TrustRootInvalid' });
  });

  it('comes from the file or the TUF repository that the settings name', async () => {
    const path = join(directory, 'trusted_root.json');
    await writeFile(path, ROOT);
    const source = openTrustSource({ trustedRoot: path, tufMirror: 'https://unused.test' });
    assert.equal((await source.current()).root.digest, parseTrustRoot(ROOT, 'a').digest);
    await source.close();
    const mirror = openTrustSource({ tufMirror: 'http://127.0.0.1:1', tufRoot: join(directory, 'missing.json') });
    await assert.rejects(mirror.current(), /missing\.json|127\.0\.0\.1:1/);
    await mirror.close();
  });

  it('comes from a file, and is read again when told to', async () => {
    const path = join(directory, 'trusted_root.json');
    await writeFile(path, ROOT);
    const source = fileTrustSource(path);
    const first = (await source.current()).root.digest;
    await writeFile(path, OTHER_ROOT);
    assert.equal((await source.current()).root.digest, first);
    await source.refresh();
    assert.notEqual((await source.current()).root.digest, first);
    await writeFile(path, 'broken');
    await assert.rejects(source.refresh(), { code: 'TrustRootInvalid' });
    assert.notEqual((await source.current()).root.digest, first);
    await source.close();
  });

  describe('from a TUF repository', () => {
    let repository: TufRepository;
    beforeEach(async () => {
      repository = await startTufRepository(directory);
      repository.publish({ 'trusted_root.json': ROOT, 'signing_config.v0.2.json': CONFIG });
    });
    afterEach(() => repository.stop());

    function open() {
      return tufTrustSource({
        mirrorUrl: repository.url,
        rootPath: repository.rootPath,
        cacheFolder: join(directory, 'cache'),
      });
    }

    it('is loaded once, with the signing config, and then costs no request', async () => {
      const source = open();
      const { root, signingConfig } = await source.current();
      assert.equal(root.digest, parseTrustRoot(ROOT, 'a').digest);
      assert.ok(signingConfig);
      const before = repository.requests.length;
      repository.setDown(true);
      for (let call = 0; call < 10; call += 1) await source.current();
      assert.equal(repository.requests.length, before);
      await source.close();
    });

    it('is kept in a folder of its own, which is removed', async () => {
      const sources = [open(), open(), open()];
      await Promise.all(sources.map((source) => source.current()));
      assert.equal((await readdir(join(directory, 'cache'))).length, 3);
      await Promise.all(sources.map((source) => source.close()));
      assert.deepEqual(await readdir(join(directory, 'cache')), []);
    });

    it('stays in use when the repository is down, and follows it when it is back', async () => {
      const source = open();
      const { digest } = (await source.current()).root;
      repository.setDown(true);
      await assert.rejects(source.refresh(), { code: 'SigningUnavailable', message: /http:\/\/127/ });
      assert.equal((await source.current()).root.digest, digest);
      repository.setDown(false);
      repository.publish({ 'trusted_root.json': OTHER_ROOT });
      await source.refresh();
      const fresh = await source.current();
      assert.notEqual(fresh.root.digest, digest);
      assert.equal(fresh.signingConfig, undefined);
      await source.close();
    });

    it('is asked for again after the first try failed', async () => {
      repository.setDown(true);
      const source = open();
      await assert.rejects(source.current(), { code: 'SigningUnavailable' });
      repository.setDown(false);
      assert.ok((await source.current()).root);
      await source.close();
    });

    it('is not believed when a target was tampered with', async () => {
      repository.tamper('trusted_root.json', OTHER_ROOT);
      const source = open();
      await assert.rejects(source.current(), { code: 'SigningUnavailable' });
      await source.close();
    });
  });
});
