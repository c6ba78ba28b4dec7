import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import { compose } from '../../src/registry/exchange.ts';
import type { RegistryRequest, RegistryResponse } from '../../src/registry/exchange.ts';
import { createRetry, DEFAULT_RETRY } from '../../src/registry/retry.ts';
import type { FakeClock } from './fake-clock.ts';
import { createFakeClock } from './fake-clock.ts';
import { aRequest, aResponse, scripted } from './requests.ts';

function reset(): PromoterError {
  return new PromoterError('RegistryUnavailable', 'ECONNRESET');
}

async function outcomeOf(
  answers: readonly (RegistryResponse | Error)[],
  request: RegistryRequest = aRequest(),
  forMs = 120_000,
) {
  const clock: FakeClock = createFakeClock();
  const network = scripted(...answers);
  const send = compose(network, [createRetry(DEFAULT_RETRY, clock, () => 1)]);
  const result = send(request).catch((error: unknown) => error);
  await clock.advance(forMs);
  return { result: await result, tries: network.requests.length };
}

describe('retry', () => {
  it('sends again after trouble of the network or the host', async () => {
    for (const trouble of [reset(), ...[408, 500, 502, 503, 504, 429].map((status) => aResponse(status))]) {
      const { result, tries } = await outcomeOf([trouble, aResponse(200)]);
      assert.equal((result as RegistryResponse).status, 200);
      assert.equal(tries, 2);
    }
  });

  it('gives up after four tries, with the last outcome', async () => {
    const broken = await outcomeOf([reset(), reset(), aResponse(500), reset()]);
    assert.equal((broken.result as PromoterError).code, 'RegistryUnavailable');
    assert.equal(broken.tries, 4);
    const failing = await outcomeOf([500, 500, 500, 502].map((status) => aResponse(status)));
    assert.equal((failing.result as RegistryResponse).status, 502);
  });

  it('is more patient with a host that only asks for patience', async () => {
    const { result, tries } = await outcomeOf([...Array.from({ length: 8 }, () => aResponse(429)), aResponse(200)]);
    assert.equal((result as RegistryResponse).status, 200);
    assert.equal(tries, 9);
  });

  it('waits longer from try to try', async () => {
    const clock = createFakeClock();
    const network = scripted(reset(), reset(), reset(), aResponse(200));
    const result = compose(network, [createRetry(DEFAULT_RETRY, clock, () => 1)])(aRequest());
    const triesAfter: number[] = [];
    for (const ms of [199, 1, 399, 1, 799, 1]) {
      await clock.advance(ms);
      triesAfter.push(network.requests.length);
    }
    assert.deepEqual(triesAfter, [1, 2, 2, 3, 3, 4]);
    assert.equal((await result).status, 200);
  });

  it('waits as long as the host asks', async () => {
    const patient = [aResponse(503, { 'retry-after': '20' }), aResponse(200)];
    assert.equal((await outcomeOf(patient, aRequest(), 20_200)).tries, 2);
  });

  it('leaves a long wait to its caller', async () => {
    const { result, tries } = await outcomeOf([aResponse(429, { 'retry-after': '31' })]);
    assert.ok(result instanceof PromoterError && result.code === 'RegistryThrottled');
    assert.equal(result.retryAfterMs, 31_000);
    assert.equal(tries, 1);
  });

  it('does not repeat what the host has decided', async () => {
    for (const status of [400, 401, 403, 404, 409, 501]) {
      assert.equal((await outcomeOf([aResponse(status)])).tries, 1);
    }
    assert.equal((await outcomeOf([new PromoterError('RegistryUnauthorized', 'no')])).tries, 1);
  });

  it('repeats what must not be done twice only when nothing was done', async () => {
    const upload = aRequest({ class: 'upload.put', method: 'PUT', repeatable: false });
    assert.equal((await outcomeOf([reset()], upload)).tries, 1);
    assert.equal((await outcomeOf([aResponse(500)], upload)).tries, 1);
    assert.equal((await outcomeOf([aResponse(429), aResponse(201)], upload)).tries, 2);
  });

  it('stops waiting when it is cancelled', async () => {
    const clock = createFakeClock();
    const cancel = new AbortController();
    const send = compose(scripted(reset()), [createRetry(DEFAULT_RETRY, clock, () => 1)]);
    const result = send(aRequest({ signal: cancel.signal }));
    await clock.advance(1);
    cancel.abort(new Error('cancelled'));
    await assert.rejects(result, /cancelled/);
    assert.equal(clock.timers(), 0);
  });
});
