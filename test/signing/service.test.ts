import assert from 'node:assert/strict';
import { MockAgent } from 'undici';
import { createServiceClient } from '../../src/signing/service.ts';

const ORIGIN = 'https://rekor.test';
const CALL = { doing: 'entering a signature', url: `${ORIGIN}/api?secret=abc`, body: 'secret body' };

describe('calling a Sigstore service', () => {
  let agent: MockAgent;
  beforeEach(() => {
    agent = new MockAgent();
    agent.disableNetConnect();
  });
  afterEach(() => agent.close());

  function answers(...replies: readonly (readonly [number, unknown, Record<string, string>?])[]) {
    for (const [status, body, headers = {}] of replies) {
      agent
        .get(ORIGIN)
        .intercept({ path: '/api?secret=abc', method: 'POST' })
        .reply(status, body as object, { headers });
    }
    return createServiceClient({ dispatcher: agent, firstWaitMs: 1 });
  }

  it('tries again what may pass', async () => {
    const service = answers([503, 'busy'], [429, 'slow down', { 'retry-after': '0' }], [408, ''], [201, { ok: true }]);
    const { status, body } = await service(CALL);
    assert.deepEqual([status, body.toString()], [201, '{"ok":true}']);
    agent.assertNoPendingInterceptors();
  });

  it('gives up in the end, saying what came back and nothing that was sent', async () => {
    const service = answers(...Array.from({ length: 4 }, () => [500, { message: 'no database' }] as const));
    await assert.rejects(service(CALL), (error: Error & { code: string }) => {
      assert.equal(error.code, 'SigningUnavailable');
      assert.match(
        error.message,
        /entering a signature: POST rekor\.test\/api answered 500 \(no database\) \(attempt 4\)/,
      );
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });

  it('quotes no credentials of the call, whoever repeats them', async () => {
    const call = { ...CALL, headers: { authorization: 'Bearer canary-of-the-header' }, secret: 'canary-of-the-body' };
    const service = answers([400, { message: `canary-of-the-body, ${call.headers.authorization}\u001b[2J` }]);
    await assert.rejects(service(call), { message: / answered 400 \(\[hidden\], Bearer \[hidden\] \[2J\)$/ });
  });

  it('passes on a long wait instead of waiting, to every caller of that host', async () => {
    const service = answers([429, '', { 'retry-after': '3600' }]);
    for (let caller = 0; caller < 2; caller += 1) {
      await assert.rejects(service(CALL), (error: Error & { code: string; retryAfterMs: number }) => {
        assert.equal(error.code, 'SigningUnavailable');
        assert.ok(error.retryAfterMs > 3_590_000 && error.retryAfterMs <= 3_600_000);
        return true;
      });
    }
  });

  it('does not repeat what is refused', async () => {
    const service = answers([400, { message: 'bad entry' }]);
    await assert.rejects(service(CALL), { code: 'SigningRefused', message: /400 \(bad entry\)$/ });
  });

  it('hands over statuses that the caller knows', async () => {
    const service = answers([409, '', { location: '/x' }]);
    const { status, headers } = await service({ ...CALL, accept: [409] });
    assert.deepEqual([status, headers['location']], [409, '/x']);
  });

  it('calls a broken connection unavailable', async () => {
    for (let attempt = 0; attempt < 4; attempt += 1) {
      agent
        .get(ORIGIN)
        .intercept({ path: '/api?secret=abc', method: 'POST' })
        .replyWithError(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
    }
    const service = createServiceClient({ dispatcher: agent, firstWaitMs: 1 });
    await assert.rejects(service(CALL), { code: 'SigningUnavailable', message: /ECONNRESET/ });
  });

  it('speaks to nobody without TLS but to this machine and to whom it is told to', async () => {
    const service = createServiceClient({ dispatcher: agent, plainHttpHosts: ['fulcio.internal:5555'] });
    await assert.rejects(service({ ...CALL, url: 'http://rekor.test/' }), { code: 'ConfigInvalid' });
    for (const origin of ['http://fulcio.internal:5555', 'http://127.0.0.1:1234', 'http://[::1]:8080']) {
      agent.get(origin).intercept({ path: '/', method: 'POST' }).reply(200, '');
      assert.equal((await service({ ...CALL, url: `${origin}/` })).status, 200);
    }
  });

  it('says in one short line what a service gave as its reason', async () => {
    const reasons: readonly (readonly [unknown, RegExp])[] = [
      [{ message: 'bad entry' }, / answered 400 \(bad entry\)$/],
      [{ error_description: 'expired' }, / answered 400 \(expired\)$/],
      [{ message: 'x'.repeat(1_000) }, / answered 400 \(x{300}\)$/],
      [{ message: 5 }, / answered 400 \(\{"message":5\}\)$/],
      ['null', / answered 400 \(null\)$/],
      ['  plain text \nand more', / answered 400 \(plain text\)$/],
      ['y'.repeat(1_000), / answered 400 \(y{300}\)$/],
      ['', / answered 400$/],
    ];
    for (const [body, message] of reasons) {
      await assert.rejects(answers([400, body])(CALL), { code: 'SigningRefused', message });
    }
  });

  it('takes no more than it can hold', async () => {
    const most = 8 * 1024 * 1024;
    assert.equal((await answers([200, Buffer.alloc(most)])(CALL)).body.length, most);
    await assert.rejects(answers([200, Buffer.alloc(most + 1)])(CALL), {
      code: 'SigningRefused',
      message: /answered with more than 8388608 bytes$/,
    });
  });

  it('takes no redirect for an answer', async () => {
    for (const status of [300, 302]) {
      const headers = { location: 'https://elsewhere.test' };
      await assert.rejects(answers([status, '', headers])(CALL), { code: 'SigningRefused' });
    }
  });

  it('keeps what broke the connection for the logs, and waits no longer than it may', async () => {
    const cause = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    agent.get(ORIGIN).intercept({ path: '/api?secret=abc', method: 'POST' }).replyWithError(cause);
    const service = createServiceClient({ dispatcher: agent, firstWaitMs: 2, longestWaitMs: 1 });
    await assert.rejects(service(CALL), (error: Error) => {
      assert.match(error.message, /failed: ECONNRESET, .*socket hang up.* \(attempt 1\)/);
      assert.ok(error.cause instanceof Error);
      return true;
    });
  });

  it('uses the codes of its caller', async () => {
    const service = answers([403, '']);
    const codes = { unavailable: 'IdentityUnavailable', refused: 'IdentityUnavailable' } as const;
    await assert.rejects(service({ ...CALL, codes }), { code: 'IdentityUnavailable' });
  });
});
