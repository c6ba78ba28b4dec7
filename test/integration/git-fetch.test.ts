import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PromoterError, type ErrorCode } from '../../src/errors.ts';
import { fetchManifests, type FetchedManifests } from '../../src/manifest/git-fetch.ts';
import type { GitSource } from '../../src/manifest/git-source.ts';
import { startGitServer, type GitServer } from '../support/git-server.ts';
import { startGitTree, type GitTree } from '../support/git-tree.ts';

const PASSWORD = 'not-to-be-told';
const TREE = {
  'k8s/manifests/apple/promoter-manifest.yaml': 'registries:\n- name: a.example/s\n  src: true\n- name: b.example/p\n',
  'k8s/images/apple/images.yaml': '[]\n',
  'plain/manifest.yaml': 'registries: []\n',
  'elsewhere/large.txt': 'not read\n',
};

describe('fetchManifests', () => {
  let tree: GitTree;
  let first: string;
  let folder: string;
  let restore: Readonly<Record<string, string | undefined>>;
  before(async () => {
    tree = await startGitTree();
    first = await tree.commit(TREE);
    await tree.git('tag', '-a', '-m', 'first', 'v1', first);
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'git-fetch-'));
    restore = setEnvironment({ TMPDIR: folder });
  });
  afterEach(async () => {
    assert.deepEqual(await readdir(folder), [], 'every temporary folder is gone');
    setEnvironment(restore);
    await rm(folder, { recursive: true });
  });
  after(() => tree.remove());

  const fetch = (source: Partial<GitSource>, signal?: AbortSignal): Promise<FetchedManifests> =>
    fetchManifests(
      {
        url: `file://${tree.root}`,
        ref: 'main',
        ...(source.manifest === undefined ? { thinManifestDir: 'k8s' } : {}),
        ...source,
      },
      { schemes: ['file', 'http'], ...(signal === undefined ? {} : { signal }) },
    );
  const refuses = (fetching: Promise<unknown>, code: ErrorCode, message: RegExp): Promise<void> =>
    assert.rejects(fetching, (error) => {
      assert.ok(error instanceof PromoterError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.ok(!`${error.message} ${String(error.cause)}`.includes(PASSWORD));
      return true;
    });

  it('reads the manifests of a branch, an annotated tag or a commit, and says which commit that is', async () => {
    const second = await tree.commit({ 'k8s/images/apple/images.yaml': '# second\n[]\n' });
    const textOf = ({ bundle }: FetchedManifests) => bundle.files.find(({ path }) => path.startsWith('images'))?.text;
    const [branch, tag, commit] = await Promise.all([fetch({}), fetch({ ref: 'v1' }), fetch({ ref: first })]);
    assert.deepEqual([branch.commit, tag.commit, commit.commit], [second, first, first]);
    assert.equal(textOf(branch), '# second\n[]\n');
    assert.equal(textOf(tag), '[]\n');
    assert.deepEqual(branch.bundle.files.map(({ path }) => path).sort(), [
      'images/apple/images.yaml',
      'manifests/apple/promoter-manifest.yaml',
    ]);
  });

  it('reads a plain manifest', async () => {
    const { bundle } = await fetch({ manifest: 'plain/manifest.yaml' });
    assert.deepEqual(bundle, { kind: 'plain', files: [{ path: 'manifest.yaml', text: 'registries: []\n' }] });
  });

  it('says what is not there, for good', async () => {
    await refuses(fetch({ ref: 'gone' }), 'RequestInvalid', /fetching gone from file:.*couldn't find remote ref/);
    await refuses(fetch({ ref: 'f'.repeat(40) }), 'RequestInvalid', /not our ref/);
    await refuses(fetch({ ref: first.slice(0, 12) }), 'RequestInvalid', /all its 40 digits/);
    await refuses(
      fetch({ thinManifestDir: 'plain' }),
      'RequestInvalid',
      /has no thin manifests in plain in [0-9a-f]{40}/,
    );
    await refuses(fetch({ manifest: 'plain' }), 'RequestInvalid', /has no file plain/);
    await refuses(fetch({ url: `file://${tree.root}/none` }), 'RequestInvalid', /fetching main from/);
  });

  it('speaks only what it is allowed to', async () => {
    const { url, ref } = { url: `file://${tree.root}`, ref: 'main' };
    const fetching = fetchManifests({ url, ref, thinManifestDir: 'k8s' }, { schemes: ['https', 'ssh'] });
    await refuses(fetching, 'RequestInvalid', /file is not allowed here; PROMOTER_GIT_SCHEMES/);
  });

  it('is not led astray by the variables of a hook that it runs in', async () => {
    const other = await startGitTree();
    const before = setEnvironment({ GIT_DIR: join(other.root, '.git'), GIT_WORK_TREE: other.root });
    try {
      assert.match((await fetch({})).commit, /^[0-9a-f]{40}$/);
      assert.deepEqual(await readdir(join(other.root, '.git', 'refs', 'heads')), []);
    } finally {
      setEnvironment(before);
      await other.remove();
    }
  });

  it('gives up as soon as it is told to', async () => {
    const silent: Server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const abort = new AbortController();
    silent.once('connection', () => abort.abort(new Error('cancelled')));
    try {
      const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/repo`;
      await assert.rejects(fetch({ url }, abort.signal), /^Error: cancelled$/);
    } finally {
      silent.close();
    }
  });

  describe('from a server that wants a password', () => {
    let server: GitServer;
    before(async () => {
      server = await startGitServer(tree.root, { username: 'robot', password: PASSWORD });
    });
    beforeEach(() => server.fail(undefined));
    after(() => server.close());

    const withCredentials = async <T>(password: string, body: () => Promise<T>): Promise<T> => {
      const helper = `!f() { echo username=robot; echo password=${password}; }; f`;
      const before = setEnvironment({
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'credential.helper',
        GIT_CONFIG_VALUE_0: helper,
      });
      try {
        return await body();
      } finally {
        setEnvironment(before);
      }
    };

    it('uses the credentials of whoever runs it, one commit of history', async () => {
      const { commit } = await withCredentials(PASSWORD, () => fetch({ url: server.url, ref: first }));
      assert.equal(commit, first);
    });

    it('asks nobody, and fails for good, without or with wrong ones', async () => {
      await refuses(fetch({ url: server.url }), 'RequestInvalid', /could not read Username/);
      await withCredentials('wrong', () =>
        refuses(fetch({ url: server.url }), 'RequestInvalid', /Authentication failed/),
      );
    });

    it('repeats nothing secret that a setting of the worker puts into the address', async () => {
      const before = setEnvironment({
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: `url.${server.url.replace('://', `://robot:${PASSWORD}@`)}.insteadOf`,
        GIT_CONFIG_VALUE_0: server.url,
      });
      try {
        server.fail(403);
        await refuses(fetch({ url: server.url }), 'RequestInvalid', /returned error: 403/);
      } finally {
        setEnvironment(before);
      }
    });

    it('fails for now when the server does', async () => {
      server.fail(503);
      await refuses(fetch({ url: server.url }), 'GitUnavailable', /returned error: 503/);
      await refuses(fetch({ url: 'http://127.0.0.1:1/repo' }), 'GitUnavailable', /fetching main/);
    });
  });
});

/** Sets variables of this process. @returns what sets them back */
function setEnvironment(change: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  const before = Object.fromEntries(Object.keys(change).map((name) => [name, process.env[name]]));
  for (const [name, value] of Object.entries(change)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  return before;
}
