import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PromoterError } from '../../src/errors.ts';
import { parseGitSource } from '../../src/manifest/git-source.ts';

const SOURCE = { url: 'https://git.example/org/repo.git', ref: 'a'.repeat(40), thinManifestDir: 'registry.k8s.io' };

describe('parseGitSource', () => {
  const refused = (change: object, message: RegExp): void =>
    assert.throws(
      () => parseGitSource({ ...SOURCE, ...change }),
      (error) => error instanceof PromoterError && error.code === 'UsageInvalid' && message.test(error.message),
      JSON.stringify(change),
    );

  it('takes https, ssh, http and file addresses, commits, branches and tags', () => {
    for (const url of ['ssh://git@git.example:2222/org/repo', 'http://127.0.0.1:8080/r.git', 'file:///srv/repo.git']) {
      assert.equal(parseGitSource({ ...SOURCE, url }).url, url);
    }
    for (const ref of ['main', 'release-1.2', 'refs/tags/v1.2.3', 'feature/x_y+z', 'HEAD']) {
      assert.equal(parseGitSource({ ...SOURCE, ref }).ref, ref);
    }
  });

  it('takes a folder as people write it', () => {
    const folderOf = (thinManifestDir: string) => parseGitSource({ ...SOURCE, thinManifestDir }).thinManifestDir;
    assert.deepEqual(['./a/b/', 'a//b', 'a/x/../b', '.', './'].map(folderOf), ['a/b', 'a/b', 'a/b', '.', '.']);
  });

  it('refuses addresses that git would run something for, and others it does not know', () => {
    for (const url of [
      'ext::sh -c id',
      '--upload-pack=id',
      'ssh://-oProxyCommand=id/x',
      'ssh://-oProxyCommand=id@h/x',
    ]) {
      refused({ url }, /url: /);
    }
    refused({ url: 'git://git.example/repo' }, /none of https, ssh/);
    refused({ url: '../repo' }, /not an address/);
    refused({ url: 'git@github.com:org/repo.git' }, /ssh:\/\/user@host\/path/);
    refused({ url: 'file://elsewhere/repo' }, /names a host/);
  });

  it('refuses credentials, which do not belong into a request', () => {
    refused({ url: 'https://token@git.example/repo' }, /has credentials/);
    refused({ url: 'https://user:secret@git.example/repo' }, /has credentials/);
    refused({ url: 'ssh://git:secret@git.example/repo' }, /has credentials/);
    refused({ url: 'https://git.example/repo?private_token=secret' }, /query/);
    assert.throws(
      () => parseGitSource({ ...SOURCE, url: 'https://user:secret@git.example/repo' }),
      (error: Error) => !error.message.includes('secret'),
    );
  });

  it('refuses references that are options, expressions or refspecs', () => {
    for (const ref of ['-x', '--upload-pack=id', '+main', 'main:refs/heads/x', 'main~1', 'a..b', '@{-1}', 'a b', '']) {
      refused({ ref }, /ref: must be/);
    }
  });

  it('refuses paths that leave the repository, and none or two of them', () => {
    for (const path of ['..', '../x', '/etc', 'a/../../b', 'a\\b', 'a\nb', '']) {
      refused({ thinManifestDir: path }, /not a path inside|is empty/);
    }
    refused({ manifest: 'manifest.yaml' }, /either thinManifestDir or manifest/);
    refused({ thinManifestDir: undefined }, /either thinManifestDir or manifest/);
  });

  it('never lets anything through that begins like an option or has white space', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (url, ref) => {
        try {
          const source = parseGitSource({ ...SOURCE, url, ref });
          assert.match(source.url, /^(?:https|ssh|http|file):\S+$/i);
          assert.match(source.ref, /^[A-Za-z0-9]\S*$/);
        } catch (error) {
          assert.ok(error instanceof PromoterError);
        }
      }),
    );
  });
});
