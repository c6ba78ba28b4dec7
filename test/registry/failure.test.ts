import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import { failureOf, faultOf, nonsenseOf } from '../../src/registry/failure.ts';
import { V1, withHost } from './client-on-host.ts';
import { manifestOf } from './content.ts';
import { reply } from './http-host.ts';
import { aRequest, aResponse } from './requests.ts';

const MANIFEST = manifestOf({ layers: [] });

function fault(code: string): string {
  return faultOf(aRequest(), Object.assign(new Error('it broke'), { code })).message;
}

describe('registry failures', () => {
  it('say what to do about what patience does not cure', () => {
    assert.match(fault('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), /it broke \(UNABLE_.*\)\. Name .* NODE_EXTRA_CA_CERTS/);
    assert.match(fault('CERT_HAS_EXPIRED'), /NODE_EXTRA_CA_CERTS/);
    assert.match(fault('ERR_SSL_WRONG_VERSION_NUMBER'), /plain HTTP/);
    assert.match(fault('ENOTFOUND'), /spelling of the host/);
    assert.match(fault('ECONNRESET'), /It is tried again/);
  });

  it('name the code of a fault once, where it has one', () => {
    const ending = (cause: unknown): string => faultOf(aRequest(), cause).message.split('failed: ')[1] ?? '';
    assert.match(
      ending(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })),
      /^read ECONNRESET\. It is/,
    );
    assert.match(
      ending(Object.assign(new Error('closed'), { code: 'UND_ERR_SOCKET' })),
      /^closed \(UND_ERR_SOCKET\)\. It/,
    );
    for (const cause of [new Error('closed'), Object.assign(new Error('closed'), { code: 7 }), 'closed']) {
      assert.match(ending(cause), /^closed\. It is tried again/);
    }
    assert.match(ending(undefined), /^undefined\. It is tried again/);
  });

  it('have a code by the status, and end without advice where there is none', () => {
    for (const [status, code] of [
      [400, 'RegistryRefused'],
      [408, 'RegistryUnavailable'],
      [499, 'RegistryRefused'],
      [500, 'RegistryUnavailable'],
      [302, 'RegistryProtocol'],
    ] as const) {
      assert.equal(failureOf(aRequest(), aResponse(status)).code, code);
    }
    assert.match(failureOf(aRequest(), aResponse(400)).message, /answered 400$/);
    assert.match(failureOf(aRequest(), aResponse(400, {}, ' \n no \n')).message, /answered 400 no$/);
    assert.equal(failureOf(aRequest(), aResponse(500)).retryAfterMs, undefined);
  });

  it('keep the cause of an answer that makes no sense', () => {
    const cause = new SyntaxError('no JSON');
    const error = nonsenseOf(aRequest(), 'answered nonsense', cause);
    assert.equal(error.cause, cause);
    assert.match(error.message, /answered nonsense\. This is not how an OCI registry answers/);
  });

  it('show an error of the registry as far as it is one', () => {
    for (const [body, shown] of [
      ['{"errors":[{"code":"DENIED","message":"no"}]}', 'DENIED: no'],
      ['{"errors":[{"code":7,"message":7}]}', 'UNKNOWN: '],
      ['{"errors":["no"]}', '{"errors":["no"]}'],
      ['{"errors":[]}', '{"errors":[]}'],
      ['null', 'null'],
    ] as const) {
      assert.match(failureOf(aRequest(), aResponse(409, {}, body)).message, new RegExp(`409 ${RegExp.escape(shown)}$`));
    }
  });

  it('leave the query out, which may be a signature', () => {
    const request = aRequest({ url: new URL('https://store.example/upload?signature=secret') });
    assert.doesNotMatch(failureOf(request, aResponse(403)).message, /secret/);
  });

  it('quote what is no registry’s error in its own words', () => {
    assert.match(
      failureOf(aRequest(), aResponse(502, {}, '<h1>Bad\ngateway</h1>')).message,
      /answered 502 <h1>Bad gateway/,
    );
    assert.match(failureOf(aRequest(), aResponse(400, {}, '{"errors":[null]}')).message, /answered 400 \{"errors"/);
  });

  it('carry the wait that was asked for', () => {
    assert.equal(failureOf(aRequest(), aResponse(503, { 'retry-after': '9' })).retryAfterMs, 9_000);
  });

  it('say when the answer is not the registry’s own', () => {
    const response = { ...aResponse(403), redirectedTo: new URL('https://store.example/blob?signature=secret') };
    assert.match(failureOf(aRequest(), response).message, /answered 403 \(from store\.example\)/);
  });

  it('show nothing that a terminal would act on, wherever the registry put it', () => {
    const steering = '\u001B[2J\u009B2J\u202Eexe';
    const body = JSON.stringify({ errors: [{ code: steering, message: steering }] });
    const answers = [aResponse(400, {}, body), aResponse(502, {}, `<h1>${steering}</h1>`)];
    const messages = answers.map((answer) => failureOf(aRequest(), answer).message);
    for (const message of [...messages, faultOf(aRequest(), new Error(steering)).message]) {
      assert.match(message, /\[2J/);
      assert.doesNotMatch(message, /[\p{Cc}\p{Bidi_Control}]/u);
    }
  });
});

describe('registry errors', () => {
  const CASES = [
    [401, 'RegistryUnauthorized'],
    [403, 'RegistryDenied'],
    [404, 'RegistryNotFound'],
    [409, 'RegistryRefused'],
    [429, 'RegistryThrottled'],
    [500, 'RegistryUnavailable'],
    [302, 'RegistryProtocol'],
  ] as const;

  it('have a code, and say what was done, where, and what came back', async () => {
    for (const [status, code] of CASES) {
      const body = { errors: [{ code: 'THE_CODE', message: `no\u001b[31m ${'x'.repeat(1_000)}` }] };
      await withHost(
        (_request, response) => reply(response, status, {}, body),
        async ({ registry, repository, server }) => {
          await assert.rejects(registry.putManifest(repository, V1, MANIFEST), (error) => {
            assert.ok(error instanceof PromoterError);
            assert.equal(error.code, code);
            const start = `could not write ${server.host}/app:v1: PUT ${server.origin}/v2/app/manifests/v1 answered ${status} THE_CODE: no`;
            assert.equal(error.message.slice(0, start.length), start);
            assert.ok(error.message.length < 700);
            assert.ok(!error.message.includes('\u001b'));
            return true;
          });
        },
      );
    }
  });

  it('keep the cause of what never got an answer', async () => {
    await withHost(
      (_request, response) => response.socket?.destroy(),
      async ({ registry, repository, server }) => {
        await assert.rejects(registry.getManifest(repository, V1), (error) => {
          assert.ok(error instanceof PromoterError && error.code === 'RegistryUnavailable');
          assert.ok(error.cause instanceof Error);
          return true;
        });
        assert.equal(server.seen.length, 4);
      },
    );
  });

  it('do not hide a cancellation', async () => {
    const reason = new Error('cancelled by the operator');
    const cancel = new AbortController();
    await withHost(
      () => cancel.abort(reason),
      async ({ registry, repository, server }) => {
        await assert.rejects(registry.getManifest(repository, V1, { signal: cancel.signal }), reason);
        assert.equal(server.seen.length, 1);
      },
    );
  });

  it('come when a host stays silent', async () => {
    await withHost(
      () => undefined,
      async ({ registry, repository }) => {
        await assert.rejects(registry.getManifest(repository, V1), { code: 'RegistryUnavailable' });
      },
      { timeouts: { headersMs: 50 }, retry: { tries: 1 } },
    );
  });
});
