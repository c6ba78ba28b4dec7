import { PromoterError } from '../errors.ts';
import type { RegistryName, RepositoryName } from '../reference.ts';
import { hostOf, parseRepository } from '../reference.ts';
import type { Caller } from './call.ts';
import { jsonOf } from './call.ts';
import type { RegistryRequest } from './exchange.ts';
import { failureOf, nonsenseOf } from './failure.ts';
import { pagesFrom } from './paging.ts';
import type { CallOptions } from './registry.ts';

const PAGE_SIZE = 1000;

/** Answers of registries that have no catalogue, or show it to nobody like us. */
const NOT_OFFERED: ReadonlySet<number> = new Set([401, 403, 404, 405, 501]);

/**
 * The repositories at or below a registry, by `GET /v2/_catalog` (distribution's HTTP API V2, "Listing Repositories").
 * Names that cannot be repositories are left out.
 *
 * @throws PromoterError `RegistryRefused` when the host has no catalogue for us
 */
export async function* readCatalog(
  caller: Caller,
  registry: RegistryName,
  options?: CallOptions,
): AsyncGenerator<RepositoryName> {
  const host = hostOf(registry);
  const request: RegistryRequest = {
    class: 'catalog',
    method: 'GET',
    host,
    url: new URL(`${caller.originOf(host)}/v2/_catalog?n=${PAGE_SIZE}`),
    doing: `list the repositories of ${host}`,
    scopes: ['registry:catalog:*'],
    repeatable: true,
    ...(options?.signal !== undefined && { signal: options.signal }),
  };
  const first = { request, response: await caller.send(request) };
  for await (const { request, response } of pagesFrom(caller, first)) {
    if (NOT_OFFERED.has(response.status)) throw notOffered(host, failureOf(request, response));
    if (response.status !== 200) throw failureOf(request, response);
    const repositories = (jsonOf(response) as { repositories?: unknown } | null | undefined)?.repositories ?? [];
    if (!Array.isArray(repositories)) throw nonsenseOf(request, 'answered no list of repositories');
    for (const path of repositories) {
      const repository = repositoryIn(host, path);
      if (repository !== undefined && isAtOrBelow(repository, registry)) yield repository;
    }
  }
}

/** Whether a repository is the registry itself or below it, segment by segment. */
export function isAtOrBelow(repository: string, registry: string): boolean {
  return repository === registry || repository.startsWith(`${registry}/`);
}

function repositoryIn(host: string, path: unknown): RepositoryName | undefined {
  try {
    return typeof path === 'string' ? parseRepository(`${host}/${path}`) : undefined;
  } catch {
    return undefined;
  }
}

function notOffered(host: string, cause: PromoterError): PromoterError {
  return new PromoterError(
    'RegistryRefused',
    `${host} does not list its repositories: ${cause.message} Name them in a file instead (--snapshot-repositories).`,
    { cause },
  );
}
