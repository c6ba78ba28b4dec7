import { messageOf, PromoterError } from '../errors.ts';
import type { Clock } from './clock.ts';
import type { Layer, RegistryRequest } from './exchange.ts';
import { answerIn, describe } from './failure.ts';

export interface CircuitPolicy {
  /** Calls in a row that must fail, each after all its tries. */
  readonly failures: number;
  /** How long the host is then left alone before one call may find out whether it is back. */
  readonly openMs: number;
}

export const DEFAULT_CIRCUIT: CircuitPolicy = { failures: 8, openMs: 5_000 };

interface Circuit {
  failures: number;
  openUntil: number;
  probing: boolean;
  /** What came of the last call, such as `answered 500`. */
  last: string;
}

/**
 * Fails calls to a host at once after several in a row have failed, so that a dead host costs the others little.
 *
 * @throws PromoterError `RegistryUnavailable` with `retryAfterMs` while the circuit is open
 */
export function createCircuitBreaker(policy: CircuitPolicy, clock: Clock): Layer {
  const circuits = new Map<string, Circuit>();
  return (next) =>
    async function circuitBreaker(request) {
      const circuit = circuits.get(request.host) ?? { failures: 0, openUntil: 0, probing: false, last: '' };
      circuits.set(request.host, circuit);
      const open = circuit.failures >= policy.failures;
      if (open && (circuit.probing || clock.now() < circuit.openUntil)) throw refusal(request, circuit, clock);
      if (open) circuit.probing = true;
      try {
        const response = await next(request);
        record(circuit, response.status >= 500 ? answerIn(response) : undefined);
        return response;
      } catch (error) {
        if (!(error instanceof PromoterError)) throw error;
        record(
          circuit,
          error.code === 'RegistryUnavailable' ? `failed: ${messageOf(error.cause ?? error)}` : undefined,
        );
        throw error;
      } finally {
        if (open) circuit.probing = false;
      }
    };

  function record(circuit: Circuit, failure: string | undefined): void {
    if (failure === undefined) {
      circuit.failures = 0;
      return;
    }
    circuit.failures += 1;
    circuit.last = failure;
    if (circuit.failures >= policy.failures) circuit.openUntil = clock.now() + policy.openMs;
  }
}

function refusal(request: RegistryRequest, circuit: Circuit, clock: Clock): PromoterError {
  const retryAfterMs = Math.max(1, Math.ceil(circuit.openUntil - clock.now()));
  const happened = `was not sent: ${circuit.failures} calls to ${request.host} failed in a row; the last ${circuit.last}`;
  const advice = 'The host is asked again in a few seconds; if it lasts, look at the registry and at the network.';
  return new PromoterError('RegistryUnavailable', describe(request, happened, advice), { retryAfterMs });
}
