import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contentOf, hashOf } from '../files/bucket-contract.ts';
import type { Bucket } from '../../src/files/bucket.ts';
import { createBuckets } from '../../src/files/buckets.ts';
import { withTree } from '../manifest/written-tree.ts';
import { startGoogle, startS3, type BucketServer } from '../support/bucket-servers.ts';
import { openCommandLine, type CommandLine, type Ending } from './command-line.ts';

const HASH = hashOf('a');
const STORES = 'filestores:\n- base: gs://staging/\n  src: true\n- base: s3://prod/\n';
const FILES = `files:\n- name: a\n  sha256: ${HASH}\n`;

/** The two halves of a manifest; hashes by name. */
function manifestOf(source: string, destination: string, files: Readonly<Record<string, string>>) {
  const listed = Object.entries(files).map(([name, sha256]) => ({ name, sha256 }));
  return {
    'filestores/p/filepromoter-manifest.yaml': JSON.stringify({
      filestores: [{ base: source, src: true }, { base: destination }],
    }),
    'manifests/p/files.yaml': JSON.stringify({ files: listed }),
  };
}

describe('E34: files', function () {
  this.timeout(120_000);
  let promoter: CommandLine;
  let s3: BucketServer;
  let google: BucketServer;
  before(async () => {
    [promoter, s3, google] = await Promise.all([openCommandLine(), startS3(), startGoogle()]);
  });
  after(() => Promise.all([promoter.close(), s3.stop(), google.stop()]));

  async function run(files: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ending> {
    let ending: Ending | undefined;
    await withTree(files, async (root) => {
      ending = await promoter.run(['run', 'files', ...args], {
        cwd: root,
        env: { ...s3.environment, ...google.environment },
      });
    });
    assert.ok(ending);
    if (ending.exit === 1) assert.fail(ending.stderr);
    return ending;
  }

  function open(base: string): Promise<Bucket> {
    return createBuckets({ ...s3.environment, ...google.environment }).open(base);
  }

  const wrong: readonly (readonly [problem: string, filestores: string, files: string])[] = [
    ['at least one filestore must be specified', 'filestores: []', FILES],
    ['filestore did not have base set', `${STORES}- src: false`, FILES],
    ['filestore has unsupported scheme in base "https://x/"', `${STORES}- base: https://x/`, FILES],
    ['found multiple source filestores', `${STORES}- base: s3://other/\n  src: true`, FILES],
    ['source filestore not found', 'filestores:\n- base: gs://prod/', FILES],
    ['no destination filestores found', 'filestores:\n- base: gs://prod/\n  src: true', FILES],
    ['at least one file must be specified', STORES, 'files: []'],
    ['name is required for file', STORES, `files:\n- sha256: ${HASH}`],
    ['sha256 is required for file', STORES, 'files:\n- name: a'],
    ['sha256 was not valid (not hex): "zz"', STORES, 'files:\n- name: a\n  sha256: zz'],
    ['sha256 was not valid (bad length): "abcd"', STORES, 'files:\n- name: a\n  sha256: abcd'],
    ['files should not be present in filestore manifest "s.yaml"', `${STORES}${FILES}`, FILES],
    ['filestores should not be present in manifest "f.yaml"', STORES, `${FILES}${STORES}`],
  ];
  for (const [problem, filestores, files] of wrong) {
    it(`refuses manifests: ${problem}`, async () => {
      const ending = await run(
        { 's.yaml': filestores, 'f.yaml': files },
        '--filestores',
        's.yaml',
        '--files',
        'f.yaml',
      );
      assert.deepEqual([ending.exit, ending.stdout], [2, '']);
      assert.match(ending.stderr, /^[sf]\.yaml:\d+: |^f\.yaml: /);
      assert.ok(ending.stderr.includes(problem), ending.stderr);
    });
  }

  it('refuses names that leave the base or are listed twice', async () => {
    const names = ['../a', '/a', 'b', 'b'].map((name) => `- name: ${name}\n  sha256: ${HASH}\n`);
    const files = { 's.yaml': STORES, 'f.yaml': `files:\n${names.join('')}` };
    const { exit, stderr } = await run(files, '--filestores', 's.yaml', '--files', 'f.yaml');
    assert.equal(exit, 2);
    assert.equal(stderr.trim().split('\n').length, 3);
  });

  it('wants --manifests, or both --filestores and --files', async () => {
    for (const [message, ...args] of [
      ['either --manifests or both --filestores and --files must be specified'],
      ['--filestores is required when not using --manifests', '--files', 'f'],
      ['--files is required when not using --manifests', '--filestores', 's'],
    ] as const) {
      const { exit, stderr } = await run({}, ...args);
      assert.deepEqual([exit, stderr], [2, `${message}\n`]);
    }
  });

  it('says what it would copy, copies it, and has nothing to do then', async () => {
    const source = await s3.makeBucket('staging');
    const destination = `${await google.makeBucket('prod')}binaries/`;
    const bucket = await open(source);
    await bucket.write('v1/a', contentOf('a'), 'nothing');
    await bucket.write('v1/b', contentOf('b'), 'nothing');
    const files = manifestOf(source, destination, { 'v1/a': hashOf('a'), 'v1/b': hashOf('b') });
    const copies = ['a', 'b'].map((name) => `COPY "${source}v1/${name}" to "${destination}v1/${name}"\n`).join('');

    const dry = await run(files, '--manifests', '.');
    assert.equal(
      dry.stdout,
      `********** START (DRY RUN) **********\n${copies}********** FINISHED (DRY RUN) **********\n`,
    );
    const real = await run(files, '--manifests', '.', '--confirm');
    assert.equal(real.stdout, `********** START **********\n${copies}********** FINISHED **********\n`);
    const again = await run(files, '--manifests', '.', '--confirm');
    assert.equal(again.stdout, '********** START **********\n********** FINISHED **********\n');
    assert.deepEqual([dry.exit, real.exit, again.exit], [0, 0, 0]);
  });

  it('copies the rest when files are lost, altered or different, and exits 3', async () => {
    const source = await google.makeBucket('staging');
    const destination = await s3.makeBucket('prod');
    const [staging, prod] = [await open(source), await open(destination)];
    for (const name of ['good', 'altered', 'other']) await staging.write(name, contentOf(name), 'nothing');
    await prod.write('other', contentOf('is this'), 'nothing');
    const files = { good: hashOf('good'), altered: hashOf('x'), other: hashOf('other'), lost: hashOf('lost') };
    const { exit, stdout } = await run(manifestOf(source, destination, files), '--manifests', '.', '--confirm');
    assert.equal(exit, 3);
    const lines = stdout.trim().split('\n');
    assert.deepEqual(lines.slice(0, 3), [
      '********** START **********',
      `COPY "${source}good" to "${destination}good"`,
      '********** FINISHED WITH ERRORS **********',
    ]);
    assert.equal(lines.length, 6);
    assert.match(stdout, /sha256 did not match for file gs:\/\/staging\/altered/);
    assert.match(stdout, /s3:\/\/prod\/other exists with sha256/);
    assert.match(stdout, /gs:\/\/staging\/lost does not exist/);
  });

  it('sees more files than S3 lists at once', async () => {
    const { base, names } = s3.full;
    const files = Object.fromEntries(names.map((name) => [name, hashOf('')]));
    const destination = await google.makeBucket('many');
    const { exit, stdout } = await run(manifestOf(base, destination, files), '--manifests', '.');
    assert.equal(exit, 0);
    assert.equal(stdout.match(/^COPY /gm)?.length, names.length);
  });
});

describe('E35: manifest files and manifest validate', function () {
  this.timeout(60_000);
  let promoter: CommandLine;
  let folder: string;
  before(async () => {
    promoter = await openCommandLine();
    folder = await mkdtemp(join(tmpdir(), 'files-'));
  });
  after(() => Promise.all([promoter.close(), rm(folder, { recursive: true })]));

  it('lists what validates', async () => {
    await withTree({ 'src/b': 'b', 'src/a/c': 'c', 's.yaml': STORES, 'f/': '' }, async (root) => {
      const listed = await promoter.run(['manifest', 'files', '--src', 'src'], { cwd: root });
      assert.deepEqual(
        [listed.exit, listed.stdout],
        [0, `files:\n- name: a/c\n  sha256: ${hashOf('c')}\n- name: b\n  sha256: ${hashOf('b')}\n`],
      );
      const prefix = await promoter.run(['manifest', 'files', '--src', 'src', '--prefix', 'a'], { cwd: root });
      assert.equal(prefix.stdout, `files:\n- name: a/c\n  sha256: ${hashOf('c')}\n`);
      assert.equal((await promoter.run(['manifest', 'files'], { cwd: root })).exit, 2);
    });
  });

  it('validates with no, one, two and three arguments, of which it uses all', async () => {
    const files = {
      'filestores/p/filepromoter-manifest.yaml': STORES,
      'manifests/p/1.yaml': FILES,
      'good.yaml': FILES.replace('name: a', 'name: b'),
      'bad.yaml': 'files:\n- name: c\n',
    };
    await withTree(files, async (root) => {
      const validate = (...args: readonly string[]) => promoter.run(['manifest', 'validate', ...args], { cwd: root });
      const stores = 'filestores/p/filepromoter-manifest.yaml';
      const none = await validate();
      assert.equal(none.exit, 0);
      assert.match(none.stdout, /^Usage: promoter manifest validate/);
      const one = await validate('.');
      assert.deepEqual([one.exit, one.stdout], [0, `${stores}: valid: 1 file from gs://staging/ to 1 filestore\n`]);
      const two = await validate(stores, 'good.yaml');
      assert.deepEqual([two.exit, two.stderr], [0, '']);
      const three = await validate(stores, 'good.yaml', 'bad.yaml');
      assert.deepEqual([three.exit, three.stderr], [2, 'bad.yaml:2: sha256 is required for file\n']);
    });
  });
});
