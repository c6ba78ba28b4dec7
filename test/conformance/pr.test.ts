import assert from 'node:assert/strict';
import { makeImage } from '../../src/stack/sample-images.ts';
import { startGitHub, type GitHubServer } from '../support/github-server.ts';
import { digestOf } from '../manifest/sample-bundle.ts';
import { openCommandLine, type CommandLine, type Ending } from './command-line.ts';
import { LISTINGS, startLab, type Lab } from './lab.ts';

const [one, two, mock] = ['pr one', 'pr two', 'pr mock'].map(
  (seed) => makeImage({ seed, layerSizes: [10] }).root.digest,
);
const PATH = 'registry.k8s.io/images/apples/images.yaml';
const IMAGES = `# by hand
- name: app
  dmap:
    "${digestOf('a')}": [] # tagless
    "${digestOf('b')}": ["v0"]
`;

describe('E36: promoter pr', function () {
  this.timeout(60_000);
  let promoter: CommandLine;
  before(async () => (promoter = await openCommandLine()));
  after(() => promoter.close());

  for (const { name, googleTags } of LISTINGS) {
    describe(`from a registry ${name}`, () => {
      let lab: Lab;
      let github: GitHubServer;
      before(async () => {
        lab = await startLab({ googleTags });
        const sample = (seed: string) => makeImage({ seed, layerSizes: [10] });
        await lab.push('staging/app', sample('pr one'), ['v1', 'latest']);
        await lab.push('staging/tool/deep', sample('pr two'), ['v1', 'v2']);
        await lab.push('staging/mock/app', sample('pr mock'), ['v1']);
      });
      after(() => lab.stop());
      beforeEach(async () => {
        const registries = (source: string): string =>
          `registries:\n- {name: ${lab.at(source)}, src: true}\n- name: registry.example/prod\n`;
        github = await startGitHub({
          'registry.k8s.io/manifests/pears/promoter-manifest.yaml': registries('elsewhere'),
          'registry.k8s.io/manifests/apples/promoter-manifest.yaml': registries('staging'),
          [PATH]: IMAGES,
        });
      });
      afterEach(() => github.close());

      const pr = (...args: readonly string[]): Promise<Ending> => {
        const env = { GITHUB_TOKEN: 'secret', GITHUB_API_URL: github.url };
        const where = ['--project', 'apples', '--staging-repo', lab.at('staging'), '--fork', 'somebody'];
        return promoter.run(['pr', ...where, ...args], { env });
      };

      it('proposes what has the tag, below what is there, with its order and comments', async () => {
        const { exit, stdout, stderr } = await pr('--tag', 'v1');
        assert.equal(exit, 0, stderr);
        assert.equal(stdout, 'https://github.example/pull/1\n');
        assert.deepEqual(github.branches.get('apples-v1-image-promotion'), {
          path: PATH,
          content: `${IMAGES}    "${one}": ["v1"]\n- name: tool/deep\n  dmap:\n    "${two}": ["v1"]\n`,
          message: 'Image promotion for apples v1',
        });
        assert.deepEqual(github.pulls, [
          {
            title: 'Image promotion for apples v1',
            base: 'main',
            head: 'somebody:apples-v1-image-promotion',
            body: `Image promotion for apples v1
This is an automated PR, made by
\`\`\`
promoter pr --fork somebody --project apples --staging-repo ${lab.at('staging')} --tag v1
\`\`\`

/hold
cc: @kubernetes/release-engineering
`,
          },
        ]);
        assert.ok(!JSON.stringify([...github.branches]).includes(mock ?? 'mock'));
      });

      it('pushes again to the same branch, and finds the pull request that is open', async () => {
        await pr('--tag', 'v1');
        const { exit, stdout } = await pr('--tag', 'v1', '--image', 'app');
        assert.deepEqual([exit, stdout], [0, 'https://github.example/pull/1\n']);
        assert.equal(github.pulls.length, 1);
      });

      it('takes several tags, images and digests', async () => {
        const { exit, stdout, stderr } = await pr(
          '--tag=v1,v2',
          '-t',
          'v3',
          '--digests',
          two ?? '',
          '--dry-run',
          '--json',
        );
        assert.equal(exit, 0, stderr);
        const { patch } = JSON.parse(stdout) as { patch: string };
        const added = patch.split('\n').filter((line) => /^\+(?!\+)/.test(line));
        assert.deepEqual(added, ['+- name: tool/deep', '+  dmap:', `+    "${two}": ["v1", "v2"]`]);
      });

      it('prints the patch and changes nothing in a dry run', async () => {
        const { exit, stdout } = await pr('--tag', 'v1', '--image', 'app', '--dry-run');
        assert.equal(exit, 0);
        assert.match(stdout, new RegExp(`^\\+    "${one}": \\["v1"\\]$`, 'm'));
        assert.deepEqual(
          github.requests().filter((request) => !request.startsWith('GET') && request !== 'POST /graphql'),
          [],
        );
      });

      it('has nothing to propose when everything is there', async () => {
        github.files.set(PATH, `- name: app\n  dmap:\n    "${one}": ["v1"]\n`);
        const { exit, stderr } = await pr('--tag', 'v1', '--image', 'app');
        assert.equal(exit, 0);
        assert.match(stderr, /^No changes detected in the promoter images list, exiting without changes$/m);
        assert.equal(github.branches.size, 0);
      });

      for (const [what, args, message] of [
        ['latest', ['--tag', 'latest'], /--filter_tag cannot be "latest" \(anti-pattern\)/],
        [
          'a tag that nothing has',
          ['--tag', 'v9'],
          /no images survived filtering; double-check your --filter_\* flag\(s\) for typos/,
        ],
        [
          'a registry without manifest',
          ['--tag', 'v1', '--staging-repo', 'gcr.io/x'],
          /could not find Manifest for "gcr\.io\/x"/,
        ],
      ] as const) {
        it(`refuses ${what}`, async () => {
          const { exit, stderr } = await pr(...args);
          assert.equal(exit, 2);
          assert.match(stderr, message);
          assert.equal(github.branches.size, 0);
        });
      }
    });
  }

  it('says what it lacks', async () => {
    const without = await promoter.run(['pr', '--tag', 'v1', '--fork', 'somebody']);
    assert.equal(without.exit, 2);
    assert.match(without.stderr, /cannot promote images if GitHub token env var GITHUB_TOKEN is not set/);
    const github = await startGitHub({});
    const env = { GITHUB_TOKEN: 'wrong', GITHUB_API_URL: github.url };
    const refused = await promoter.run(['pr', '--tag', 'v1', '--fork', 'somebody'], { env });
    await github.close();
    assert.equal(refused.exit, 1);
    assert.match(
      refused.stderr,
      /could not read the manifests of kubernetes\/k8s\.io: GitHub answered 401: Bad credentials/,
    );
  });
});
