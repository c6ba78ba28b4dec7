import type { RegistryRequest, RegistryResponse, Send } from '../../src/registry/exchange.ts';

/** A request with whatever a test does not care about filled in. */
export function aRequest(overrides: Partial<RegistryRequest> = {}): RegistryRequest {
  return {
    class: 'manifest.get',
    method: 'GET',
    host: 'registry.example',
    url: new URL('https://registry.example/v2/app/manifests/v1'),
    doing: 'read the manifest of registry.example/app:v1',
    scopes: ['repository:app:pull'],
    repeatable: true,
    ...overrides,
  };
}

export function aResponse(status: number, headers: Readonly<Record<string, string>> = {}, body = ''): RegistryResponse {
  return { status, headers, bytes: Buffer.from(body) };
}

/** A {@link Send} that answers from a list, one after another, and remembers what it was asked. */
export function scripted(
  ...answers: readonly (RegistryResponse | Error)[]
): Send & { readonly requests: RegistryRequest[] } {
  const requests: RegistryRequest[] = [];
  const left = [...answers];
  function send(request: RegistryRequest): Promise<RegistryResponse> {
    requests.push(request);
    const answer = left.shift();
    if (answer === undefined) return Promise.reject(new Error(`not expected: ${request.method} ${request.url.href}`));
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  }
  return Object.assign(send, { requests });
}
