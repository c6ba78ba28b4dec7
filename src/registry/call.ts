import type { RepositoryName } from '../reference.ts';
import { hostOf } from '../reference.ts';
import { apiPathOf } from './endpoint.ts';
import type { RegistryRequest, RegistryResponse, Send } from './exchange.ts';
import type { NetworkGuard } from './network-guard.ts';
import type { CallOptions } from './registry.ts';

/** What every operation of the client needs: a way to send, and where hosts are. */
export interface Caller {
  readonly send: Send;
  readonly originOf: (host: string) => string;
  /** Decides whether a registry may send us elsewhere. */
  readonly guard: NetworkGuard;
}

/** The part of a request that an operation decides; the rest follows from the repository. */
export type Operation = Pick<RegistryRequest, 'class' | 'method' | 'doing'> &
  Partial<Pick<RegistryRequest, 'headers' | 'body' | 'bodySize' | 'repeatable' | 'streamed' | 'maxBytes'>> & {
    /** Path below `/v2/<name>/`, with query. */
    readonly path: string;
    readonly access: 'pull' | 'push';
    /** Another repository of the host that is read from. */
    readonly from?: RepositoryName;
  };

/** The scopes that a token needs for a repository (distribution's token scope documentation). */
export function scopesOf(repository: RepositoryName, access: 'pull' | 'push'): string[] {
  return [`repository:${apiPathOf(repository)}:${access === 'push' ? 'pull,push' : 'pull'}`];
}

function requestOf(
  caller: Caller,
  repository: RepositoryName,
  operation: Operation,
  options: CallOptions | undefined,
): RegistryRequest {
  const { path, access, from, ...rest } = operation;
  const host = hostOf(repository);
  return {
    repeatable: true,
    ...rest,
    host,
    scopes:
      from === undefined ? scopesOf(repository, access) : scopesOf(repository, access).concat(scopesOf(from, 'pull')),
    url: new URL(`${caller.originOf(host)}/v2/${apiPathOf(repository)}/${path}`),
    ...(options?.signal !== undefined && { signal: options.signal }),
  };
}

/** A request and its answer. */
export interface Exchange {
  readonly request: RegistryRequest;
  readonly response: RegistryResponse;
}

/** Sends an operation on a repository. */
export async function call(
  caller: Caller,
  repository: RepositoryName,
  operation: Operation,
  options: CallOptions | undefined,
): Promise<Exchange> {
  const request = requestOf(caller, repository, operation, options);
  return { request, response: await caller.send(request) };
}

/** Bytes as JSON, or undefined when they are none. */
export function jsonOf({ bytes }: { readonly bytes: Uint8Array }): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
