import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startReleases, type ReleasesServer } from '../support/github-releases-server.ts';
import { openCommandLine, type CommandLine, type Ending } from './command-line.ts';

const RELEASES = [
  { tag: 'v1.0.0', files: { 'tool-linux': 'one', 'tool-linux.sha256': 'of one' } },
  { tag: 'v1.1.0', files: { 'tool-linux-1.1': 'two' } },
  { tag: 'v2.0.0-rc.1', prerelease: true, files: { 'tool-rc': 'candidate' } },
  { tag: 'v3.0.0', draft: true, files: { 'tool-draft': 'draft' } },
];

describe('promoter gh', function () {
  this.timeout(60_000);
  let promoter: CommandLine;
  let github: ReleasesServer;
  let folder: string;
  before(async () => (promoter = await openCommandLine()));
  after(() => promoter.close());
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'conformance-gh-'));
    github = await startReleases(RELEASES);
  });
  afterEach(async () => {
    await github.close();
    await rm(folder, { recursive: true });
  });

  const run = (...args: readonly string[]): Promise<Ending> => {
    const env = { GITHUB_API_URL: github.url, GITHUB_TOKEN: 'secret', TMPDIR: folder };
    return promoter.run(['gh', ...args], { env });
  };
  const gh = (...args: readonly string[]): Promise<Ending> =>
    run('--org', 'kubernetes-sigs', '--repo', 'tool', '--bucket', `file://${folder}/bucket`, ...args);
  const held = async (): Promise<readonly string[]> =>
    (await readdir(join(folder, 'bucket'), { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(`${folder}/bucket/`.length))
      .sort();

  /** What downloads have left behind. */
  const temporary = async (): Promise<readonly string[]> =>
    (await readdir(folder)).filter((name) => name.startsWith('promoter-'));

  it('copies all releases but drafts and pre-releases, below organisation, repository and tag', async () => {
    const { exit, stderr } = await gh();
    assert.equal(exit, 0, stderr);
    const base = 'kubernetes-sigs/tool';
    assert.deepEqual(await held(), [
      `${base}/v1.0.0/tool-linux`,
      `${base}/v1.0.0/tool-linux.sha256`,
      `${base}/v1.1.0/tool-linux-1.1`,
    ]);
    assert.equal(await readFile(join(folder, 'bucket', base, 'v1.1.0/tool-linux-1.1'), 'utf8'), 'two');
    assert.deepEqual(await temporary(), []);
    assert.deepEqual(new Set(github.authorizations()), new Set([undefined]), 'the token stays with GitHub');
    const read = github.downloads();
    const again = await gh('--json');
    assert.equal(again.exit, 0);
    const { files } = JSON.parse(again.stdout) as { files: readonly { state: string }[] };
    assert.deepEqual(
      files.map(({ state }) => state),
      ['present', 'present', 'present'],
    );
    assert.equal(github.downloads(), read, 'what is there already is not read again');
  });

  it('takes tags, pre-releases and another folder', async () => {
    assert.equal((await gh('--tags', 'v1.1.0,v2.0.0-rc.1', '--release-dir', 'tools')).exit, 0);
    assert.deepEqual(await held(), ['tools/v1.1.0/tool-linux-1.1', 'tools/v2.0.0-rc.1/tool-rc']);
    assert.equal((await gh('--include-prereleases', '--release-dir', 'all')).exit, 0);
    assert.deepEqual((await held()).filter((name) => name.startsWith('all/')).length, 4);
  });

  it('never replaces a file by another one', async () => {
    const file = join(folder, 'bucket/kubernetes-sigs/tool/v1.0.0/tool-linux');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, 'other');
    const { exit, stdout } = await gh();
    assert.equal(exit, 3);
    assert.match(stdout, /^conflict: file:\/\/.*\/v1\.0\.0\/tool-linux$/m);
    assert.equal(await readFile(file, 'utf8'), 'other');
    assert.equal((await held()).length, 3);
  });

  it('copies nothing that is not what GitHub says, and tries again what breaks', async () => {
    github.failures.push(502);
    github.contents.set('tool-linux', 'evil');
    const { exit, stderr } = await gh('--tags', 'v1.0.0');
    assert.equal(exit, 1);
    assert.match(stderr, /tool-linux of kubernetes-sigs\/tool is not what GitHub says of it/);
    github.contents.set('tool-linux', 'one');
    github.digests = false;
    assert.equal((await gh('--tags', 'v1.0.0')).exit, 0);
    assert.equal((await held()).length, 2);
  });

  it('only downloads, or only says what it would do', async () => {
    const out = join(folder, 'out');
    assert.equal((await gh('--download-only', '--output-dir', out, '--tags', 'v1.1.0')).exit, 0);
    assert.equal(await readFile(join(out, 'kubernetes-sigs/tool/v1.1.0/tool-linux-1.1'), 'utf8'), 'two');
    const { exit, stdout } = await gh('--dry-run', '--tags', 'v1.0.0');
    assert.equal(exit, 0);
    assert.equal(stdout.match(/^would copy: file:\/\//gm)?.length, 2);
    assert.deepEqual(await temporary(), []);
    assert.ok(!(await readdir(folder)).includes('bucket'));
  });

  it('takes a file of kpromo’s that says all of it, strictly', async () => {
    const config = join(folder, 'releases.yaml');
    const entry = (more: string): string =>
      `releaseConfigs:\n- org: kubernetes-sigs\n  repo: tool\n  gcsBucket: file://${folder}/bucket\n${more}`;
    await writeFile(config, entry('  tags: [v1.1.0]\n  releaseDir: r\n'));
    assert.equal((await run('--config', config)).exit, 0);
    assert.deepEqual(await held(), ['r/v1.1.0/tool-linux-1.1']);
    await writeFile(config, entry('  nonsense: 1\n'));
    const { exit, stderr } = await run('--config', config);
    assert.equal(exit, 2);
    assert.match(stderr, /releases\.yaml:5: .*nonsense: no such setting/);
  });

  it('says what it lacks', async () => {
    const nothing = await run();
    assert.deepEqual([nothing.exit, nothing.stderr], [2, 'Required flag(s) `org, repo, bucket` not set\n']);
    const half = await gh('--download-only');
    assert.match(half.stderr, /^when download-only flag is set you need to specify the output-dir$/m);
    const unknown = await gh('--tags', 'v9');
    assert.equal(unknown.exit, 2);
    assert.match(unknown.stderr, /kubernetes-sigs\/tool has no release v9/);
  });
});
