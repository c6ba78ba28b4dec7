import assert from 'node:assert/strict';
import { failureOf, faultOf } from '../../src/registry/failure.ts';
import { aRequest, aResponse } from './requests.ts';

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
