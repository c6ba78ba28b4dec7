import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PromoterError } from '../../src/errors.ts';
import { askCredentialHelper } from '../../src/registry/credential-helper.ts';

describe('credential helper', () => {
  const path = process.env['PATH'];
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'credential-helper-'));
    process.env['PATH'] = `${folder}${delimiter}${path ?? ''}`;
  });
  after(async () => {
    process.env['PATH'] = path;
    await rm(folder, { recursive: true });
  });

  async function helper(name: string, script: string): Promise<string> {
    const file = join(folder, `docker-credential-${name}`);
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
    return name;
  }

  it('is asked for the server on its input', async () => {
    const name = await helper(
      'echo',
      '[ "$1" = get ] && read -r server; echo "{\\"Username\\":\\"u\\",\\"Secret\\":\\"$server\\"}"',
    );
    assert.deepEqual(await askCredentialHelper(name, 'a.example'), {
      kind: 'password',
      username: 'u',
      password: 'a.example',
    });
  });

  it('may give an identity token', async () => {
    const name = await helper('token', 'echo \'{"Username":"<token>","Secret":"t"}\'');
    assert.deepEqual(await askCredentialHelper(name, 'a.example'), { kind: 'identityToken', token: 't' });
  });

  it('may know nothing', async () => {
    const name = await helper('none', 'echo "credentials not found in native keychain"; exit 1');
    assert.equal(await askCredentialHelper(name, 'a.example'), undefined);
    const empty = await helper('empty', 'echo \'{"Username":"","Secret":""}\'');
    assert.equal(await askCredentialHelper(empty, 'a.example'), undefined);
    const nameless = await helper('nameless', 'echo \'{"Username":"","Secret":"s"}\'');
    assert.deepEqual(await askCredentialHelper(nameless, 'a.example'), {
      kind: 'password',
      username: '',
      password: 's',
    });
  });

  it('is reported when it fails, without what may be a secret', async () => {
    const name = await helper('fails', 'echo hunter2; echo "token expired" >&2; exit 3');
    await assert.rejects(askCredentialHelper(name, 'a.example'), (error) => {
      assert.ok(error instanceof PromoterError && error.code === 'ConfigInvalid');
      assert.match(error.message, /docker-credential-fails: it exited with 3: token expired/);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
    for (const [name, printed] of Object.entries({
      garbled: 'hunter2',
      half: '{"Username":"u"}',
      other: '{"Secret":"hunter2"}',
      number: '{"Username":"u","Secret":7}',
      nothing: 'null',
    })) {
      await helper(name, `echo '${printed}'`);
      await assert.rejects(askCredentialHelper(name, 'a.example'), /it printed no credentials$/);
    }
  });

  it('is taken for dead when a signal ends it, and for broken when it prints without end', async () => {
    const killed = await helper('killed', 'kill -9 $$');
    await assert.rejects(askCredentialHelper(killed, 'a.example'), /it exited with a signal/);
    const endless = await helper(
      'endless',
      `head -c 2000000 /dev/zero | tr '\\0' ' '; echo '{"Username":"u","Secret":"s"}'`,
    );
    await assert.rejects(askCredentialHelper(endless, 'a.example'), /it printed no credentials/);
  });

  it('is reported when it is missing, and never a path', async () => {
    await assert.rejects(askCredentialHelper('not-there', 'a.example'), { code: 'ProgramMissing' });
    await assert.rejects(askCredentialHelper('../../bin/sh', 'a.example'), { code: 'ConfigInvalid' });
  });
});
