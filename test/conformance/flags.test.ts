import assert from 'node:assert/strict';
import { join } from 'node:path';
import { IMAGES, REGISTRIES } from '../manifest/sample-bundle.ts';
import { withTree } from '../manifest/written-tree.ts';
import { openCommandLine, type CommandLine, type Ending } from './command-line.ts';

const KREL = 'krel-trust@k8s-releng-prod.iam.gserviceaccount.com';
const MANIFEST = { 'manifest.yaml': `${REGISTRIES}images:\n${IMAGES}` };

describe('E1, E2, E37: the flags of kpromo', function () {
  this.timeout(60_000);
  let promoter: CommandLine;
  before(async () => (promoter = await openCommandLine()));
  after(() => promoter.close());

  /** Parses a good manifest with more flags. */
  async function parseOnly(...flags: readonly string[]): Promise<Ending> {
    let ending: Ending | undefined;
    await withTree(MANIFEST, async (root) => {
      ending = await promoter.run(['cip', '--manifest', join(root, 'manifest.yaml'), '--parse-only', ...flags]);
    });
    assert.ok(ending);
    return ending;
  }

  it('E1: says that manifests are missing, after the line that comes first', async () => {
    const { exit, stdout, stderr } = await promoter.run(['cip', '--confirm']);
    assert.deepEqual([exit, stdout], [2, '']);
    assert.deepEqual(stderr.split('\n'), [
      `Options to check the Signatures: SignCheckIdentity: ${KREL} | SignCheckIdentityRegexp:  | SignCheckIssuer: https://accounts.google.com | SignCheckIssuerRegexp: `,
      'at least a manifest file or thin manifest directory have to be specified',
      '',
    ]);
  });

  it('E2: takes one kind of manifests, not two', async () => {
    const { exit, stderr } = await parseOnly('--thin-manifest-dir', 'x');
    assert.equal(exit, 2);
    assert.match(stderr, /--manifest and --thin-manifest-dir exclude each other/);
  });

  it('says in its first line whose signatures count', async () => {
    const identity = '--certificate-identity-regexp=(krel-staging.*)|(krel-trust.*)';
    const { exit, stderr } = await parseOnly(identity, '--certificate-oidc-issuer=https://issuer.example');
    assert.equal(exit, 0, stderr);
    assert.equal(
      stderr.split('\n')[0],
      `Options to check the Signatures: SignCheckIdentity: ${KREL} | SignCheckIdentityRegexp: (krel-staging.*)|(krel-trust.*) | SignCheckIssuer: https://issuer.example | SignCheckIssuerRegexp: `,
    );
  });

  it('E37: takes all retired flags at once, and says of each what it does no longer', async () => {
    const flags = [
      '--threads=10',
      '--json-log-summary',
      '--key-files=key.json',
      '--snapshot-service-account=a@b',
      '--use-service-account=true',
      '--max-signature-copies=5',
      '--max-image-size=2048',
      '--use-legacy-pipeline=false',
      '--generate-promotion-provenance',
      '--repository=r',
    ];
    const { exit, stdout, stderr } = await parseOnly(...flags);
    assert.equal(exit, 0, stderr);
    assert.equal(stdout, '1 file, 1 image, 1 digest, 2 edges to 2 registries\n');
    for (const flag of flags) {
      const name = flag.split('=', 1)[0] ?? '';
      assert.match(stderr, new RegExp(`^warning: ${name} is deprecated and has no effect: .+$`, 'm'));
    }
  });

  it('E37: refuses the retired flag that was not about promoting', async () => {
    const { exit, stderr } = await parseOnly('--check-manifest-lists-from-snapshot=x');
    assert.equal(exit, 2);
    assert.match(stderr, /nothing is done/);
  });

  it('takes every flag of v4.4.0 and later, with its default', async () => {
    const { exit, stderr } = await parseOnly(
      '--confirm=false',
      '--use-prow-manifest-diff=false',
      '--manifest-diff-since=',
      '--snapshot=',
      '--snapshot-tag=',
      '--minimal-snapshot=false',
      '--output=yaml',
      '--manifest-based-snapshot-of=',
      `--signer-account=${KREL}`,
      `--certificate-identity=${KREL}`,
      '--certificate-oidc-issuer=https://accounts.google.com',
      '--certificate-identity-regexp=',
      '--certificate-oidc-issuer-regexp=',
      '--sign=true',
      '--max-signature-ops=50',
      '--vuln-severity-threshold=-1',
      '--log-level=info',
    );
    assert.equal(exit, 0, stderr);
    assert.equal(stderr.split('\n').filter((line) => line.startsWith('warning')).length, 0);
  });

  it('takes the log level before the command’s name, too', async () => {
    assert.equal((await promoter.run(['--log-level=warning', 'cip', '--help'])).exit, 0);
    await withTree(MANIFEST, async (root) => {
      const cip = ['cip', '--manifest', join(root, 'manifest.yaml')];
      const { exit, stderr } = await promoter.run(['--log-level', 'nonsense', ...cip]);
      assert.equal(exit, 2);
      assert.match(stderr, /--log-level: 'nonsense' is none of/);
    });
  });

  for (const [flag, sentence] of [
    ['--threads=0', /--threads.* It takes a whole number from 1\./],
    ['--max-signature-ops=0', /--max-signature-ops.* It takes a whole number from 1\./],
    ['--max-signature-copies=-1', /--max-signature-copies.* It takes a whole number from 1\./],
    ['--max-signature-ops=many', /--max-signature-ops.* It takes a whole number from 1\./],
    ['--vuln-severity-threshold=6', /--vuln-severity-threshold.* It takes a whole number from -1 to 5\./],
    ['--confirm=perhaps', /--confirm takes true or false, not 'perhaps'/],
    ['--parse-only=perhaps', /--parse-only.* It takes true, false or 'online'\./],
    ['--no-such-flag', /unknown option '--no-such-flag'/],
  ] as const) {
    it(`refuses ${flag} with a sentence`, async () => {
      const { exit, stdout, stderr } = await parseOnly(flag);
      assert.deepEqual([exit, stdout], [2, '']);
      assert.match(stderr, sentence);
    });
  }
});
