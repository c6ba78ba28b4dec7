import { PromoterError } from '../errors.ts';
import type { RepositoryName, Tag } from '../reference.ts';
import type { Caller, Exchange } from './call.ts';
import { call } from './call.ts';
import { failureOf } from './failure.ts';
import type { CallOptions } from './registry.ts';

/** Answers by which registries say that they delete no tags, or not for us. */
const NOT_ALLOWED = new Set([400, 401, 403, 405, 501]);

/**
 * `DELETE /v2/<name>/manifests/<tag>` (distribution specification 1.1, "Deleting tags"), which registries need not allow.
 *
 * @returns whether the tag is gone
 */
export async function deleteTag(
  caller: Caller,
  repository: RepositoryName,
  tag: Tag,
  options?: CallOptions,
): Promise<boolean> {
  const exchange = await call(
    caller,
    repository,
    {
      class: 'manifest.delete',
      method: 'DELETE',
      doing: `delete the tag ${tag} of ${repository}`,
      path: `manifests/${tag}`,
      access: 'push',
    },
    options,
  ).catch(unlessRefused);
  if (exchange === 'refused' || NOT_ALLOWED.has(exchange.response.status)) return false;
  const { request, response } = exchange;
  if ((response.status >= 200 && response.status < 300) || response.status === 404) return true;
  throw failureOf(request, response);
}

function unlessRefused(error: unknown): Exchange | 'refused' {
  const code = error instanceof PromoterError ? error.code : undefined;
  if (code === 'RegistryUnauthorized' || code === 'RegistryDenied') return 'refused';
  throw error;
}
