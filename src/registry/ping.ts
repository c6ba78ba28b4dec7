import type { Caller } from './call.ts';
import type { RegistryRequest } from './exchange.ts';
import { failureOf } from './failure.ts';
import type { CallOptions } from './registry.ts';

/** `GET /v2/`, the specification's check that there is a registry and that it knows us. */
export async function ping(caller: Caller, host: string, options?: CallOptions): Promise<void> {
  const request: RegistryRequest = {
    class: 'ping',
    method: 'GET',
    host,
    url: new URL(`${caller.originOf(host)}/v2/`),
    doing: `reach the registry ${host}`,
    scopes: [],
    repeatable: true,
    ...(options?.signal !== undefined && { signal: options.signal }),
  };
  const response = await caller.send(request);
  if (response.status !== 200) throw failureOf(request, response);
}
