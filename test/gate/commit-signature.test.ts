import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { proveSignature } from '../../src/gate/commit-signature.ts';
import type { Proof } from '../../src/gate/github-proof.ts';
import { startGitTree, type GitTree } from '../support/git-tree.ts';

const execute = promisify(execFile);
const JANE = 'jane@example.test';

describe('the signature of a commit', () => {
  let folder: string;
  let tree: GitTree;
  let allowedSigners: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'commit-signature-'));
    tree = await startGitTree();
    await Promise.all(['jane', 'joe'].map(makeKey));
    allowedSigners = join(folder, 'allowed signers');
    await writeFile(allowedSigners, `${JANE} namespaces="git" ${await readFile(join(folder, 'jane.pub'), 'utf8')}`);
  });
  after(async () => {
    await tree.remove();
    await rm(folder, { recursive: true });
  });

  async function makeKey(name: string): Promise<void> {
    await execute('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name)]);
  }

  async function commitAs(name: string, message: string): Promise<string> {
    const signing = ['-c', 'gpg.format=ssh', '-c', `user.signingkey=${join(folder, name)}`];
    await tree.git(...signing, 'commit', '-q', '-S', '--allow-empty', '-m', message);
    return tree.git('rev-parse', 'HEAD');
  }

  /** A commit made by hand, under a branch, so that it can be fetched. */
  async function forge(text: string): Promise<string> {
    const file = join(folder, 'commit');
    await writeFile(file, text);
    const commit = await tree.git('hash-object', '-t', 'commit', '-w', file);
    await tree.git('update-ref', 'refs/heads/forged', commit);
    return commit;
  }

  const prove = (commit: string, signers = allowedSigners): Promise<Proof> =>
    proveSignature({ url: `file://${tree.root}`, commit }, { allowedSigners: signers, schemes: ['file'] });
  const refused = async (commit: string, why: string): Promise<void> =>
    assert.deepEqual(await prove(commit), {
      approved: false,
      why: `the commit ${commit} of file://${tree.root} ${why}`,
    });

  it('counts when somebody made it who may, and names who and with which key', async () => {
    const commit = await commitAs('jane', 'add an image');
    const { stdout } = await execute('ssh-keygen', ['-l', '-f', join(folder, 'jane.pub')]);
    const key = /SHA256:\S+/.exec(stdout)?.[0];
    const proof = `file://${tree.root} ${commit}, signed with the key ${key}`;
    assert.deepEqual(await prove(commit), { approved: true, by: JANE, proof });
  });

  it('is missing where nobody signed', async () => {
    await refused(await tree.commit({}), 'has no signature');
  });

  it('does not count by a key that is not allowed, nor for another use of one that is', async () => {
    await refused(await commitAs('joe', 'add an image'), 'is signed by nobody who may');
    const elsewhere = join(folder, 'files-only');
    await writeFile(elsewhere, (await readFile(allowedSigners, 'utf8')).replace('"git"', '"file"'));
    const { approved } = await prove(await commitAs('jane', 'add another'), elsewhere);
    assert.equal(approved, false);
  });

  it('does not count when it was made for another commit', async () => {
    const text = await tree.git('cat-file', 'commit', await commitAs('jane', 'add an image'));
    const commit = await forge(`${text.replace('add an image', 'add a worse one')}\n`);
    await refused(commit, 'has a signature that is not its own');
  });

  it('of another kind is not looked at, whatever keyring this account has', async () => {
    const said = '[GNUPG:] GOODSIG 0123456789ABCDEF jane\\n[GNUPG:] TRUST_ULTIMATE 0 pgp';
    await writeFile(join(folder, 'gpg'), `#!/bin/sh\nprintf '${said}\\n'\n`);
    await chmod(join(folder, 'gpg'), 0o700);
    const tip = await tree.commit({});
    const [head = '', ...rest] = (await tree.git('cat-file', 'commit', tip)).split('\n\n');
    const armour = ['-----BEGIN PGP SIGNATURE-----', '', 'AAAA', '-----END PGP SIGNATURE-----'].join('\n ');
    const commit = await forge(`${head}\ngpgsig ${armour}\n\n${rest.join('\n\n')}\n`);
    const path = process.env['PATH'];
    process.env['PATH'] = `${folder}${delimiter}${path}`;
    try {
      assert.match(await tree.git('log', '-1', '--format=%G?', commit), /^[GU]$/, 'git by itself believes it');
      const proof = await prove(commit);
      assert.ok(!proof.approved);
      assert.match(proof.why, /has (?:no signature|a signature that)/);
    } finally {
      process.env['PATH'] = path;
    }
  });

  it('cannot be looked at without the file of those who may', async () => {
    const message = /^approval\.allowedSigners \(PROMOTER_APPROVAL_ALLOWED_SIGNERS\) is .*nowhere: ENOENT/;
    const looking = prove(await tree.git('rev-parse', 'HEAD'), join(folder, 'nowhere'));
    await assert.rejects(looking, { code: 'ConfigInvalid', message });
  });
});
