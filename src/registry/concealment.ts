import { concealed, secretsInAuthorization } from '../concealed.ts';
import type { RegistryRequest, RegistryResponse, Send } from './exchange.ts';

/**
 * A layer right around the network, which knows what is really sent: no error that a host answers repeats the credentials
 * of its request, since what it says is quoted in messages, and those are kept.
 */
export function concealment(next: Send): Send {
  return async function conceal(request) {
    const response = await next(request);
    return response.status < 400 || response.bytes.length === 0 ? response : withoutSecrets(response, request);
  };
}

function withoutSecrets(response: RegistryResponse, { headers, secret }: RegistryRequest): RegistryResponse {
  const secrets = secretsInAuthorization(headers?.['authorization']);
  const all = secret === undefined ? secrets : [...secrets, secret];
  if (all.length === 0) return response;
  return { ...response, bytes: Buffer.from(concealed(response.bytes.toString('utf8'), all), 'utf8') };
}
