import type { Digest, RepositoryName, Tag } from '../reference.ts';
import { hostOf } from '../reference.ts';
import type { Caller, Operation } from './call.ts';
import { jsonOf } from './call.ts';
import { descriptorsOf } from './descriptor.ts';
import { failureOf, nonsenseOf } from './failure.ts';
import { getManifest } from './manifests.ts';
import { pagesOf } from './paging.ts';
import type { CallOptions, Descriptor, ManifestContent } from './registry.ts';

/** How long a host that has no referrers API is not asked for it again. */
const WITHOUT_API_MS = 10 * 60_000;

/** Hosts seen to have no referrers API, with the time until which that is believed. */
export interface ReferrersMemory {
  readonly withoutApiUntil: Map<string, number>;
  readonly now: () => number;
}

/** The tag under which registries without the API keep the index of a digest's referrers (specification 1.1). */
export function fallbackTag(subject: Digest): Tag {
  return subject.replace(':', '-') as Tag;
}

/**
 * `GET /v2/<name>/referrers/<digest>`, all pages; where the API is missing, the index under the fallback tag
 * (distribution specification 1.1, "Listing Referrers" and "Unavailable Referrers API").
 */
export async function listReferrers(
  caller: Caller,
  memory: ReferrersMemory,
  repository: RepositoryName,
  digest: Digest,
  options?: CallOptions,
): Promise<readonly Descriptor[]> {
  const host = hostOf(repository);
  if ((memory.withoutApiUntil.get(host) ?? 0) <= memory.now()) {
    const referrers = await askApi(caller, repository, digest, options);
    if (referrers !== undefined) return referrers;
    memory.withoutApiUntil.set(host, memory.now() + WITHOUT_API_MS);
  }
  const index = await getManifest(caller, repository, fallbackTag(digest), options);
  return index === undefined ? [] : referrersIn(index);
}

/** The entries of a fallback tag's index; what is not JSON has none. */
export function referrersIn(index: ManifestContent): Descriptor[] {
  return descriptorsOf(jsonOf(index));
}

async function askApi(
  caller: Caller,
  repository: RepositoryName,
  digest: Digest,
  options: CallOptions | undefined,
): Promise<Descriptor[] | undefined> {
  const operation: Operation = {
    class: 'referrers.get',
    method: 'GET',
    doing: `list the referrers of ${repository}@${digest}`,
    path: `referrers/${digest}`,
    access: 'pull',
    headers: { accept: 'application/vnd.oci.image.index.v1+json' },
  };
  const referrers: Descriptor[] = [];
  for await (const { request, response } of pagesOf(caller, repository, operation, options)) {
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw failureOf(request, response);
    const index = jsonOf(response);
    if (typeof index !== 'object' || index === null) throw nonsenseOf(request, 'answered something that is not JSON');
    referrers.push(...descriptorsOf(index));
  }
  return referrers;
}
