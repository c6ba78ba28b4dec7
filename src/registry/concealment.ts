import { withoutSecretsOf } from '../concealed.ts';
import type { Send } from './exchange.ts';

/**
 * A layer right around the network, which knows what is really sent: no error that a host answers repeats the credentials
 * of its request, since what it says is quoted in messages, and those are kept.
 */
export function concealment(next: Send): Send {
  return async function conceal(request) {
    const response = await next(request);
    if (response.status < 400 || response.bytes.length === 0) return response;
    const text = response.bytes.toString('utf8');
    const left = withoutSecretsOf(request, text);
    return left === text ? response : { ...response, bytes: Buffer.from(left) };
  };
}
