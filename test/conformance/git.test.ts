import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { commitKey, destinationsKey } from '../../src/client/search-attributes.ts';
import { makeImage } from '../../src/stack/sample-images.ts';
import type { ReplicationReport } from '../../src/workflows/replication-messages.ts';
import type { PromotionReport } from '../../src/workflows/messages.ts';
import { startGitTree, type GitTree } from '../support/git-tree.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { openCommandLine, type CommandLine, type Ending } from './command-line.ts';
import { startLab, type Lab } from './lab.ts';

const [first, second] = ['first', 'second'].map((seed) => makeImage({ seed, layerSizes: [10] }));

const execute = promisify(execFile);

interface Document {
  readonly workflowId: string;
  readonly outcome: string;
  readonly commit?: string;
  readonly report: PromotionReport & ReplicationReport;
}

describe('manifests from git', function () {
  this.timeout(180_000);
  let promoter: CommandLine;
  let service: PromotionService;
  let lab: Lab;
  let tree: GitTree;
  let directory: string;
  let commit: string;
  before(async () => {
    assert.ok(first && second);
    directory = await mkdtemp(join(tmpdir(), 'conformance-git-'));
    const environment = {
      PROMOTER_GIT_SCHEMES: 'file',
      PROMOTER_APPROVAL_ALLOWED_SIGNERS: join(directory, 'allowed-signers'),
    };
    [service, promoter, lab, tree] = await Promise.all([
      startPromotionService({ directory, environment }),
      openCommandLine(),
      startLab({ googleTags: true }),
      startGitTree(),
    ]);
    await lab.push('staging/app', first);
    await lab.push('staging/app', second);
    const registries = `registries:\n- {name: ${lab.at('staging')}, src: true}\n- name: ${lab.at('prod')}\n`;
    commit = await tree.commit({
      'k8s/manifests/p/promoter-manifest.yaml': registries,
      ...imagesWith('v1', first.root.digest),
    });
    await tree.git('checkout', '-q', '-b', 'wrong');
    await tree.commit(imagesWith('v1', 'sha256:beef'));
    await tree.git('checkout', '-q', 'main');
    // What is in the work tree, but in no commit, is nothing to the workers.
    await tree.write(imagesWith('v9', second.root.digest));
  });
  after(async () => {
    await Promise.all([promoter.close(), service.stop(), lab.stop(), tree.remove()]);
    await rm(directory, { recursive: true });
  });

  const run = (command: readonly string[], ref = 'main'): Promise<Ending> => {
    const place = ['--git-url', `file://${tree.root}`, '--git-ref', ref, '--thin-manifest-dir', 'k8s'];
    return promoter.run([...command, ...place, '--json'], { env: service.environment });
  };
  const documentOf = ({ exit, stdout, stderr }: Ending): Document => {
    assert.equal(exit, 0, `${stderr}${stdout}`);
    return JSON.parse(stdout) as Document;
  };

  it('are promoted by the commit that the reference means, which the report and the server know', async () => {
    const { workflowId, report } = documentOf(await run(['cip', '--confirm', '--sign=false']));
    assert.equal(report.commit, commit);
    assert.equal(await lab.digestAt('prod/app', 'v1'), first?.root.digest);
    assert.equal(await lab.digestAt('prod/app', 'v9'), undefined);
    const { typedSearchAttributes: known } = await service.client.workflow.getHandle(workflowId).describe();
    assert.deepEqual([known.get(destinationsKey), known.get(commitKey)], [[lab.at('prod')], commit]);
  });

  it('are reviewed, replicated and parsed with the commit on record', async () => {
    const plan = documentOf(await run(['plan']));
    const replication = documentOf(await run(['cip', 'replicate-signatures']));
    lab.proxy.clear();
    const parsed = documentOf(await run(['cip', '--parse-only']));
    assert.deepEqual([plan.commit, replication.report.commit, parsed.commit], [commit, commit, commit]);
    assert.deepEqual(lab.proxy.log(), []);
  });

  it('are promoted by a signed commit alone where that is wanted, and others before a byte is written', async () => {
    const key = join(directory, 'jane');
    await execute('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    await writeFile(join(directory, 'allowed-signers'), `jane@example.test ${await readFile(`${key}.pub`, 'utf8')}`);
    await tree.git('checkout', '-q', '-f', '-b', 'signed');
    const unsigned = await tree.commit(imagesWith('v2', second?.root.digest ?? ''));
    const wanted = ['cip', '--confirm', '--sign=false', '--approval', 'signed-commit', '--on-failure', 'fail'];
    const refused = await run(wanted, 'signed');
    assert.equal(refused.exit, 1);
    assert.match(
      refused.stdout,
      new RegExp(`the commit ${unsigned} of file:\\S+ has no signature, .*nothing was copied`),
    );
    assert.equal(await lab.digestAt('prod/app', 'v2'), undefined);

    const signing = ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${key}`];
    await tree.git(...signing, 'commit', '-q', '-S', '--amend', '--no-edit');
    const { report } = documentOf(await run(wanted, 'signed'));
    assert.equal(report.approval?.given?.by, 'jane@example.test');
    assert.match(report.approval.given.proof, /, signed with the key SHA256:/);
    assert.equal(await lab.digestAt('prod/app', 'v2'), second?.root.digest);
  });

  it('are refused with file and line where they are wrong', async () => {
    const { exit, stdout } = await run(['cip', '--on-failure', 'fail'], 'wrong');
    assert.equal(exit, 1);
    assert.match(stdout, /images\/p\/images\.yaml:3: invalid digest: sha256:beef/);
  });

  it('are named by both flags, and not compared with anything', async () => {
    const diff = await run(['cip', '--manifest-diff-since', '1 day']);
    assert.equal(diff.exit, 2);
    assert.match(diff.stderr, /diff modes compare with a folder of this machine/);
    const half = await promoter.run(['cip', '--git-url', 'https://git.example/repo', '--thin-manifest-dir', 'k8s']);
    assert.equal(half.exit, 2);
    assert.match(half.stderr, /--git-url and --git-ref belong together/);
  });
});

function imagesWith(tag: string, digest: string): Readonly<Record<string, string>> {
  return { 'k8s/images/p/images.yaml': `- name: app\n  dmap:\n    "${digest}": ["${tag}"]\n` };
}
