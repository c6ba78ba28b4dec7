import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MODULE = fileURLToPath(new URL('../../../src/signing/identity/google.ts', import.meta.url));

describe("identity tokens from Google's metadata server", function metadata() {
  // The library looks for the server once per process, so that each question is asked in a process of its own.
  this.timeout(20_000);
  let server: Server;
  const asked: string[] = [];
  let broken = false;
  before(async () => {
    server = createServer((request, response) => {
      const url = request.url ?? '';
      asked.push(url);
      const identity = !broken && url.includes('/identity?');
      const token = !broken && (url.endsWith('/token') || url.includes('/token?'));
      response.writeHead(identity || token ? 200 : 404, {
        'metadata-flavor': 'Google',
        'content-type': token ? 'application/json' : 'text/plain',
      });
      response.end(token ? JSON.stringify({ access_token: 'access', expires_in: 600 }) : identity ? 'identity' : '');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => new Promise((resolve) => server.close(resolve)));

  async function evaluate(expression: string): Promise<string> {
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const script = `import * as google from ${JSON.stringify(MODULE)}; console.log(await ${expression})`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
      env: { HOME: '/does-not-exist', GCE_METADATA_HOST: host, METADATA_SERVER_DETECTION: 'assume-present' },
    });
    return stdout.trim();
  }

  it('are for Sigstore, and say the e-mail address', async () => {
    assert.equal(await evaluate('google.googleIdentity().token()'), 'identity');
    const question = asked.find((url) => url.includes('/identity?'));
    assert.match(question ?? '', /service-accounts\/default\/identity\?format=full&audience=sigstore$/);
  });

  it('and access tokens, for services of Google', async () => {
    assert.equal(await evaluate('google.googleAccessToken()()'), 'access');
  });

  it('that are not to be had say whose they would have been', async () => {
    broken = true;
    try {
      const outcome = "then(() => 'done', ({ code, message }) => `${code} ${message}`)";
      assert.match(
        await evaluate(`google.googleIdentity().token().${outcome}`),
        /^IdentityUnavailable .*asking Google for an identity token of this machine/,
      );
      assert.match(
        await evaluate(`google.googleIdentity('signer@project.test').token().${outcome}`),
        /^IdentityUnavailable .*asking Google for an identity token of signer@project\.test/,
      );
      assert.match(
        await evaluate(`google.googleAccessToken()().${outcome}`),
        /^IdentityUnavailable .*asking Google for an access token/,
      );
    } finally {
      broken = false;
    }
  });
});
