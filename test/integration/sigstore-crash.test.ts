import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../src/stack/programs.ts';
import { startSigstore } from '../../src/stack/sigstore/sigstore.ts';

/** Building what is missing can take minutes. */
const BUILD_TIMEOUT_MS = 30 * 60_000;
const PROGRAMS = ['fulcio', 'timestamp-server', 'rekor-tiles', 'rekor-server'];
const TRILLIAN = ['trillian-log-server', 'trillian-log-signer'];

/** Starts the stack in its own process and says so; that process then waits for its end. */
const SCRIPT = `
  const { startSigstore } = await import(process.argv[1]);
  const { issuerUrl } = await startSigstore({ profile: 'full', directory: process.argv[2] });
  process.stdout.write(issuerUrl);
`;

describe('Sigstore after a crash of the process that ran it', function () {
  let folder: string;
  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    for (const name of [...PROGRAMS, ...TRILLIAN]) await findProgram(name);
    folder = await mkdtemp(join(tmpdir(), 'sigstore-crash-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('starts again at once in the same directory, under the same issuer', async () => {
    const sigstore = import.meta.resolve('../../src/stack/sigstore/sigstore.ts');
    const args = ['--input-type=module', '--eval', SCRIPT, sigstore, folder];
    const crashing = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [issuerUrl] = (await once(crashing.stdout, 'data')) as [Buffer];
    crashing.kill('SIGKILL');
    await once(crashing, 'exit');

    const stack = await startSigstore({ profile: 'full', directory: folder });
    try {
      assert.equal(stack.issuerUrl, issuerUrl.toString());
      const log = await fetch(`${stack.rekorV1Url}/api/v1/log`);
      assert.equal(log.status, 200);
    } finally {
      await stack.stop();
    }
  });
});
