import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import { createCircuitBreaker } from '../../src/registry/circuit-breaker.ts';
import type { RegistryResponse } from '../../src/registry/exchange.ts';
import { createFakeClock } from './fake-clock.ts';
import { aRequest, aResponse, scripted } from './requests.ts';

function breakerOver(...answers: readonly (RegistryResponse | Error)[]) {
  const clock = createFakeClock();
  const network = scripted(...answers);
  const send = createCircuitBreaker({ failures: 3, openMs: 5_000 }, clock)(network);
  const attempt = (host = 'dead.example') =>
    send(aRequest({ host })).then(
      ({ status }) => status,
      (error: unknown) => (error as PromoterError).message,
    );
  return { clock, network, attempt };
}

function refused(): PromoterError {
  return new PromoterError('RegistryUnavailable', 'connect ECONNREFUSED');
}

describe('circuit breaker', () => {
  it('fails at once after several calls in a row have failed, and says why', async () => {
    const { network, attempt } = breakerOver(refused(), aResponse(500), refused(), aResponse(200));
    for (let call = 0; call < 3; call += 1) await attempt();
    assert.match(
      String(await attempt()),
      /3 calls to dead\.example failed in a row; the last failed: connect ECONNREFUSED/,
    );
    assert.equal(network.requests.length, 3);
    assert.equal(await attempt('alive.example'), 200);
  });

  it('says what the registry answered, and from where', async () => {
    const redirectedTo = new URL('https://store.example/blob');
    const { attempt } = breakerOver(aResponse(500), aResponse(500), { ...aResponse(503), redirectedTo });
    for (let call = 0; call < 3; call += 1) await attempt();
    assert.match(String(await attempt()), /failed in a row; the last answered 503 \(from store\.example\)\./);
  });

  it('is not opened by failures with successes between, nor by refusals', async () => {
    const denied = new PromoterError('RegistryUnauthorized', 'no');
    const { network, attempt } = breakerOver(
      refused(),
      refused(),
      aResponse(404),
      refused(),
      refused(),
      denied,
      refused(),
      aResponse(200),
    );
    for (let call = 0; call < 7; call += 1) await attempt();
    assert.equal(await attempt(), 200);
    assert.equal(network.requests.length, 8);
  });

  it('lets one call find out whether the host is back', async () => {
    const { clock, network, attempt } = breakerOver(
      refused(),
      refused(),
      refused(),
      refused(),
      aResponse(200),
      aResponse(200),
    );
    for (let call = 0; call < 3; call += 1) await attempt();
    await clock.advance(5_000);
    const [probe, other] = await Promise.all([attempt(), attempt()]);
    assert.equal(probe, 'connect ECONNREFUSED');
    assert.match(String(other), /failed in a row/);
    assert.match(String(await attempt()), /failed in a row/, 'open again after a failed probe');
    await clock.advance(5_000);
    assert.equal(await attempt(), 200);
    assert.equal(await attempt(), 200);
    assert.equal(network.requests.length, 6);
  });

  it('takes no notice of calls that were cancelled', async () => {
    const cancelled = new Error('cancelled');
    const { attempt } = breakerOver(cancelled, cancelled, cancelled, aResponse(200));
    for (let call = 0; call < 3; call += 1) await attempt();
    assert.equal(await attempt(), 200);
  });
});
