import assert from 'node:assert/strict';
import { join } from 'node:path';
import { digestOf } from '../manifest/sample-bundle.ts';
import { startGitTree, type Changes, type GitTree } from '../support/git-tree.ts';
import { openCommandLine, type CommandLine, type Ending } from './command-line.ts';

const [A, B, C] = ['a', 'b', 'c'].map(digestOf) as [string, string, string];
const REGISTRIES = 'registries:\n- name: localhost:1/staging\n  src: true\n- name: localhost:2/prod\n';
const TREE = {
  'k8s/manifests/p/promoter-manifest.yaml': REGISTRIES,
  'k8s/images/p/images.yaml': `- name: apple\n  dmap:\n    "${A}": ["1.0"]\n`,
  'k8s/manifests/q/promoter-manifest.yaml': REGISTRIES,
  'k8s/images/q/images.yaml': `- name: pear\n  dmap:\n    "${B}":\n    - "2.0"\n`,
};
const IMAGES = 'k8s/images/p/images.yaml';

interface Parsed {
  readonly commit: string;
  readonly edges: number;
  readonly changes: readonly { destination: string; tag?: string; digest: string }[];
}

function parsed({ stdout }: Ending): Parsed {
  return JSON.parse(stdout) as Parsed;
}

describe('E16–E19: what a change of the manifests asks for', function () {
  this.timeout(60_000);
  let tree: GitTree;
  let promoter: CommandLine;
  beforeEach(async () => {
    [tree, promoter] = await Promise.all([startGitTree(), openCommandLine()]);
    await tree.commit(TREE, '2020-01-01T00:00:00Z');
  });
  afterEach(async () => {
    await Promise.all([tree.remove(), promoter.close()]);
  });

  const cip = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ending> =>
    promoter.run(['cip', '--thin-manifest-dir', join(tree.root, 'k8s'), ...args], { env });

  const POSTSUBMIT = { JOB_TYPE: 'postsubmit' };

  async function added(args: readonly string[] = ['--use-prow-manifest-diff'], env = POSTSUBMIT): Promise<string[]> {
    const ending = await cip([...args, '--parse-only', '--json'], env);
    assert.equal(ending.exit, 0, ending.stderr);
    return parsed(ending).changes.map(
      ({ destination, tag, digest }) => `${destination}:${tag ?? ''}@${digest.slice(7, 8)}`,
    );
  }

  async function addedBy(changes: Changes): Promise<string[]> {
    await tree.commit(changes);
    return added();
  }

  describe('E16: what Prow says of the job', () => {
    const MISSING: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
      [{}, 'JOB_TYPE not set'],
      [{ JOB_TYPE: 'periodic' }, 'unknown job type: periodic'],
      [{ JOB_TYPE: 'presubmit' }, 'PULL_BASE_SHA not set'],
      [{ JOB_TYPE: 'batch' }, 'PULL_BASE_SHA not set'],
    ];
    for (const [env, message] of MISSING) {
      it(`${JSON.stringify(env)}: ${message}`, async () => {
        const { exit, stderr } = await cip(['--use-prow-manifest-diff'], env);
        assert.match(stderr, new RegExp(`${message}\n$`));
        assert.notEqual(exit, 0);
      });
    }

    it('postsubmit: compares with the commit before', async () => {
      await tree.commit({ [IMAGES]: `${TREE[IMAGES]}    "${C}": ["1.1"]\n` });
      assert.deepEqual(await added(), ['localhost:2/prod/apple:1.1@c']);
    });

    for (const JOB_TYPE of ['presubmit', 'batch']) {
      it(`${JOB_TYPE}: compares with the base of the pull request`, async () => {
        const PULL_BASE_SHA = await tree.git('rev-parse', 'HEAD');
        await tree.commit({ [IMAGES]: `${TREE[IMAGES]}    "${C}": ["1.1"]\n` });
        await tree.commit({ 'README.md': 'more' });
        const env = { JOB_TYPE, PULL_BASE_SHA };
        assert.deepEqual(await added(['--use-prow-manifest-diff'], env), ['localhost:2/prod/apple:1.1@c']);
      });
    }

    it('takes what is not committed yet for part of the change, and says so in the commit', async () => {
      const commit = await tree.commit({ 'README.md': 'more' });
      await tree.write({ [IMAGES]: `${TREE[IMAGES]}    "${C}": ["1.1"]\n` });
      const ending = await cip(['--use-prow-manifest-diff', '--parse-only', '--json'], POSTSUBMIT);
      assert.equal(parsed(ending).commit, `${commit}-dirty`);
      assert.equal(parsed(ending).edges, 1);
    });

    it('wins over --manifest-diff-since, as with kpromo', async () => {
      const { stderr } = await cip(['--use-prow-manifest-diff', '--manifest-diff-since', '1 day']);
      assert.match(stderr, /JOB_TYPE not set/);
    });

    it('says what to do about a shallow clone', async () => {
      const { exit, stderr } = await cip(['--use-prow-manifest-diff'], POSTSUBMIT);
      assert.match(stderr, /has no commit HEAD\^; if it is a shallow clone, fetch more of its history/);
      assert.notEqual(exit, 0);
    });
  });

  describe('E17: a change that asks for nothing', () => {
    it('ends well with a sentence, and asks no registry', async () => {
      await tree.commit({ 'README.md': `"${C}"`, 'k8s/README.md': `"${C}"` });
      // There is nothing at the registries' addresses: any request would fail the run.
      const ending = await cip(['--use-prow-manifest-diff', '--confirm'], POSTSUBMIT);
      assert.deepEqual([ending.exit, ending.stdout], [0, '']);
      assert.deepEqual(ending.stderr.split('\n').slice(1, -1), [
        'Using prow diff',
        'Found 0 digests to process in diff',
        'No digests found in prow diff, nothing to promote',
        'No manifests to process, nothing to promote',
      ]);
    });

    it('is no promotion of what it takes away, moves or formats anew', async () => {
      await tree.commit({ [IMAGES]: `- name: apple\n  dmap:\n    "${A}": ["1.0"]\n    "${C}": ["1.1", "1.2"]\n` });
      assert.deepEqual(await addedBy({ [IMAGES]: `- name: apple\n  dmap:\n    ${C}:\n    - '1.2'\n` }), []);
    });
  });

  describe('E18: what kpromo finds, and what it misses', () => {
    it('a digest, with all its tags', async () => {
      assert.deepEqual(await addedBy({ [IMAGES]: `${TREE[IMAGES]}    "${C}": ["1.1", "latest"]\n` }), [
        'localhost:2/prod/apple:1.1@c',
        'localhost:2/prod/apple:latest@c',
      ]);
    });

    it('a digest without tags', async () => {
      assert.deepEqual(await addedBy({ [IMAGES]: `${TREE[IMAGES]}    "${C}": []\n` }), ['localhost:2/prod/apple:@c']);
    });

    it('a tag in block style, whose digest is on another line', async () => {
      const changes = { 'k8s/images/q/images.yaml': `- name: pear\n  dmap:\n    "${B}":\n    - "2.0"\n    - "2.1"\n` };
      assert.deepEqual(await addedBy(changes), ['localhost:2/prod/pear:2.0@b', 'localhost:2/prod/pear:2.1@b']);
    });

    it('a digest that is not quoted', async () => {
      assert.deepEqual(await addedBy({ [IMAGES]: `${TREE[IMAGES]}    ${C}: ["1.1"]\n` }), [
        'localhost:2/prod/apple:1.1@c',
      ]);
    });

    it('two digests on a line', async () => {
      const line = `- {name: fig, dmap: {"${B}": ["3"], "${C}": ["4"]}}\n`;
      assert.deepEqual(await addedBy({ [IMAGES]: `${TREE[IMAGES]}${line}` }), [
        'localhost:2/prod/fig:3@b',
        'localhost:2/prod/fig:4@c',
      ]);
    });

    it('a registry', async () => {
      const file = 'k8s/manifests/p/promoter-manifest.yaml';
      assert.deepEqual(await addedBy({ [file]: `${REGISTRIES}- name: localhost:3/mirror\n` }), [
        'localhost:3/mirror/apple:1.0@a',
      ]);
    });

    it('an image under another name', async () => {
      const renamed = TREE[IMAGES].replace('apple', 'apple-juice');
      assert.deepEqual(await addedBy({ [IMAGES]: renamed }), ['localhost:2/prod/apple-juice:1.0@a']);
    });

    it('a project', async () => {
      const changes = {
        'k8s/manifests/r/promoter-manifest.yaml': REGISTRIES,
        'k8s/images/r/images.yaml': `- name: plum\n  dmap:\n    "${A}": ["1.0"]\n`,
      };
      assert.deepEqual(await addedBy(changes), ['localhost:2/prod/plum:1.0@a']);
    });

    it('a tag that another digest has already: neither is promoted', async () => {
      await tree.commit({ [IMAGES]: `${TREE[IMAGES]}    "${C}": ["1.0"]\n` });
      const { exit, stderr } = await cip(['--use-prow-manifest-diff', '--parse-only'], POSTSUBMIT);
      assert.equal(exit, 3);
      assert.match(stderr, /multiple edges want to promote \*different\* images .* localhost:2\/prod\/apple:1\.0/);
    });

    it('everything in what was wrong before', async () => {
      await tree.commit({ [IMAGES]: 'nonsense: [' });
      assert.deepEqual(await addedBy({ [IMAGES]: TREE[IMAGES] }), ['localhost:2/prod/apple:1.0@a']);
    });

    it('nothing outside of the folder of manifests', async () => {
      const other = Object.fromEntries(
        Object.entries(TREE).map(([path, text]) => [path.replace('k8s/', 'other/'), text]),
      );
      assert.deepEqual(await addedBy(other), []);
    });
  });

  describe('E19: what was added since a date', () => {
    const since = (date: string): Promise<string[]> => added([`--manifest-diff-since=${date}`]);

    it('is nothing when there was no commit', async () => {
      const { exit, stderr } = await cip(['--manifest-diff-since=14 days', '--confirm']);
      assert.equal(exit, 0);
      assert.match(stderr, /^Using manifest diff since 14 days$/m);
      assert.match(stderr, /^No digests found in the last 14 days, nothing to promote$/m);
    });

    it('is what the commits since then added', async () => {
      await tree.commit({ [IMAGES]: `${TREE[IMAGES]}    "${B}": ["1.1"]\n` }, '2021-01-01T00:00:00Z');
      await tree.commit({ [IMAGES]: `${TREE[IMAGES]}    "${B}": ["1.1"]\n    "${C}": ["1.2"]\n` });
      await tree.commit({ 'README.md': 'later' });
      assert.deepEqual(await since('14 days'), ['localhost:2/prod/apple:1.2@c']);
      assert.deepEqual(await since('2020-06-01'), ['localhost:2/prod/apple:1.1@b', 'localhost:2/prod/apple:1.2@c']);
    });

    it('is everything when the history begins since then', async () => {
      assert.deepEqual(await since('2019-01-01'), ['localhost:2/prod/apple:1.0@a', 'localhost:2/prod/pear:2.0@b']);
    });

    it('is what came by a merge since then, whenever it was written', async () => {
      await tree.git('checkout', '-q', '-b', 'topic');
      await tree.commit({ [IMAGES]: `${TREE[IMAGES]}    "${C}": ["1.1"]\n` }, '2020-02-01T00:00:00Z');
      await tree.git('checkout', '-q', 'main');
      await tree.commit({ 'README.md': 'meanwhile' }, '2020-03-01T00:00:00Z');
      await tree.git('merge', '-q', '--no-ff', '-m', 'merge', 'topic');
      assert.deepEqual(await since('14 days'), ['localhost:2/prod/apple:1.1@c']);
    });
  });

  it('is not asked of a plain manifest, with a warning', async () => {
    const file = join(tree.root, 'plain.yaml');
    await tree.write({ 'plain.yaml': `${REGISTRIES}images: []\n` });
    const args = ['cip', '--manifest', file, '--use-prow-manifest-diff', '--parse-only'];
    const { exit, stderr } = await promoter.run(args);
    assert.equal(exit, 0, stderr);
    assert.match(stderr, /warning: diff modes are for thin manifests/);
  });
});
