import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeImage } from '../../src/stack/sample-images.ts';
import { createBuckets } from '../../src/files/buckets.ts';
import { DEFAULT_EMAIL } from '../../src/stack/sigstore/oidc-issuer.ts';
import { contentOf, hashOf } from '../files/bucket-contract.ts';
import { withTree } from '../manifest/written-tree.ts';
import { startGoogle, type BucketServer } from '../support/bucket-servers.ts';
import { startGitTree, type GitTree } from '../support/git-tree.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { startSigningStack, type SigningStack } from '../support/signing-stack.ts';
import { openCommandLine, type CommandLine, type Ending } from './command-line.ts';
import { startLab, type Lab } from './lab.ts';

/**
 * The flags of kubernetes/test-infra's jobs for images, as they stand there but for the folder
 * (config/jobs/kubernetes/sig-k8s-infra/trusted/releng).
 */
const WHO = [
  '--certificate-identity-regexp=(krel-staging@k8s-releng-prod.iam.gserviceaccount.com)|(krel-trust@k8s-releng-prod.iam.gserviceaccount.com)',
  '--certificate-oidc-issuer=https://accounts.google.com',
];

const [long, lately, now] = ['long ago', 'lately', 'now'].map((seed) =>
  makeImage({ seed: `jobs ${seed}`, layerSizes: [10] }),
);

describe('the jobs of Kubernetes’ production', function () {
  this.timeout(120_000);
  let stack: SigningStack;
  let promoter: CommandLine;
  let service: PromotionService;
  let lab: Lab;
  let tree: GitTree;
  let google: BucketServer;
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'conformance-jobs-'));
    [stack, promoter, lab, tree, google] = await Promise.all([
      startSigningStack(),
      openCommandLine(),
      startLab({ googleTags: true }),
      startGitTree(),
      startGoogle(),
    ]);
    service = await startPromotionService({
      directory,
      environment: {
        ...google.environment,
        PROMOTER_TRUSTED_ROOT: stack.sigstore.trustedRootFile,
        PROMOTER_SIGNING_CONFIG: stack.sigstore.signingConfigFile,
        PROMOTER_IDENTITY_TOKEN_URL: stack.sigstore.tokenUrl,
      },
    });
    assert.ok(long && lately && now);
    for (const image of [long, lately, now]) await lab.push('staging/app', image);
    const registries = `registries:\n- {name: ${lab.at('staging')}, src: true}\n- name: ${lab.at('k8s-artifacts-prod/images')}\n`;
    const line = (digest: string, tag: string): string => `    "${digest}": ["${tag}"]\n`;
    const head = `- name: app\n  dmap:\n${line(long.root.digest, 'v1')}`;
    const path = 'registry.k8s.io/images/p/images.yaml';
    const manifest = 'registry.k8s.io/manifests/p/promoter-manifest.yaml';
    await tree.commit({ [manifest]: registries, [path]: head }, '2020-01-01T00:00:00Z');
    await tree.commit({ [path]: `${head}${line(lately.root.digest, 'v2')}` });
    await tree.commit({ [path]: `${head}${line(lately.root.digest, 'v2')}${line(now.root.digest, 'v3')}` });
    lab.proxy.clear();
  });
  after(async () => {
    await Promise.all([promoter.close(), service.stop(), lab.stop(), tree.remove(), google.stop()]);
    await stack.stop();
    await rm(directory, { recursive: true });
  });

  const cip = (flags: readonly string[], job: Readonly<Record<string, string>> = {}): Promise<Ending> => {
    const folder = `--thin-manifest-dir=${join(tree.root, 'registry.k8s.io')}`;
    return promoter.run(['cip', folder, ...flags, ...WHO], { env: { ...service.environment, ...job } });
  };
  const held = async (): Promise<readonly boolean[]> => {
    const tags = await Promise.all(['v1', 'v2', 'v3'].map((tag) => lab.digestAt('k8s-artifacts-prod/images/app', tag)));
    return tags.map((digest) => digest !== undefined);
  };

  it('pull-k8sio-cip: says what the pull request would promote, and writes nothing', async () => {
    const PULL_BASE_SHA = await tree.git('rev-parse', 'HEAD^');
    const { exit, stdout, stderr } = await cip(['--use-prow-manifest-diff'], { JOB_TYPE: 'presubmit', PULL_BASE_SHA });
    assert.equal(exit, 0, stderr);
    assert.match(stderr, /^Found 1 digests to process in diff$/m);
    assert.match(stdout, /Dry run complete, exiting before promotion/);
    assert.deepEqual(lab.writes(), []);
  });

  it('post-k8sio-image-promo: promotes and signs what was merged, and nothing else', async () => {
    const { exit, stderr } = await cip(['--use-prow-manifest-diff', '--confirm'], { JOB_TYPE: 'postsubmit' });
    assert.equal(exit, 0, stderr);
    assert.deepEqual(await held(), [false, false, true]);
    const image = `${lab.at('k8s-artifacts-prod/images/app')}@${now?.root.digest}`;
    const { approved, output } = await stack.cosignVerify(3, image, DEFAULT_EMAIL);
    assert.ok(approved, output);
  });

  it('ci-k8sio-image-promo: promotes what was added in the last days', async () => {
    const { exit, stderr } = await cip(['--manifest-diff-since=14 days', '--confirm']);
    assert.equal(exit, 0, stderr);
    assert.deepEqual(await held(), [false, true, true]);
  });

  it('the job of sigcheck: looks at what came in the last days, without being given manifests', async () => {
    const env = {
      ...service.environment,
      PROMOTER_PRODUCTION_REGISTRY: lab.at('k8s-artifacts-prod/images'),
      PROMOTER_PRODUCTION_MIRRORS: join(tree.root, 'registry.k8s.io/manifests/p/promoter-manifest.yaml'),
    };
    // Nothing here is signed by the account of Kubernetes, whose signatures count unless others are named.
    const strange = await promoter.run(['sigcheck', '--from-days=7'], { env });
    assert.equal(strange.exit, 3, strange.stderr);
    assert.match(strange.stderr, /^Fixing 2 unsigned images$/m);
    const whom = [`--certificate-identity=${DEFAULT_EMAIL}`, `--certificate-oidc-issuer=${stack.sigstore.issuerUrl}`];
    const { exit, stdout, stderr } = await promoter.run(['sigcheck', '--from-days=7', ...whom], { env });
    assert.deepEqual([exit, stdout], [0, 'Signature consistency OK!\n'], stderr);
  });

  it('the jobs of files: say what would be promoted, and promote it', async () => {
    const [source, production] = [
      await google.makeBucket('k8s-staging-kops'),
      await google.makeBucket('k8s-artifacts-prod'),
    ];
    const buckets = createBuckets(google.environment);
    await (await buckets.open(source)).write('v1/kops', contentOf('kops'), 'nothing');
    const base = `${production}binaries/kops/`;
    const manifests = {
      'filestores/k8s-staging-kops/filepromoter-manifest.yaml': JSON.stringify({
        filestores: [{ base: source, src: true }, { base }],
      }),
      'manifests/k8s-staging-kops/v1.yaml': JSON.stringify({ files: [{ name: 'v1/kops', sha256: hashOf('kops') }] }),
    };
    await withTree(manifests, async (artifacts) => {
      for (const flags of [[], ['--confirm']]) {
        const args = ['run', 'files', `--manifests=${artifacts}`, ...flags];
        const { exit, stdout, stderr } = await promoter.run(args, { env: service.environment });
        assert.equal(exit, 0, stderr);
        assert.ok(stdout.includes(`COPY "${source}v1/kops" to "${base}v1/kops"\n`), stdout);
        const written = await (await buckets.open(base)).stat('v1/kops');
        assert.equal(written?.sha256, flags.length === 0 ? undefined : hashOf('kops'));
      }
    });
  });
});
