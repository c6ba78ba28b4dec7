import type { Digest, RepositoryName, Tag } from '../reference.ts';
import { isDigest, isTag } from '../reference.ts';
import type { Caller, Exchange, Operation } from './call.ts';
import { jsonOf } from './call.ts';
import { failureOf, nonsenseOf } from './failure.ts';
import { pagesOf } from './paging.ts';
import type { CallOptions, RepositoryListing } from './registry.ts';

/** Larger than what most repositories hold, so that one request lists them; registries give fewer as they like. */
const PAGE_SIZE = 10_000;

/**
 * From here on Google's registries may cut an answer off without saying so
 * (https://cloud.google.com/artifact-registry/quotas).
 */
const GOOGLE_LIMIT = 10_000;

/** One page of a listing, as it was answered. */
export interface ListingPage {
  readonly tags: readonly unknown[];
  /** Google's extension: digest to its description. Absent on other registries. */
  readonly manifest: Readonly<Record<string, unknown>> | undefined;
  /** Google's extension: names of the repositories right below this one. */
  readonly children: readonly unknown[];
}

/**
 * `GET /v2/<name>/tags/list`, all pages. Google's extension is recognised by the answer itself.
 *
 * A repository that does not exist is an empty one.
 */
export async function listRepository(
  caller: Caller,
  repository: RepositoryName,
  options?: CallOptions,
): Promise<RepositoryListing> {
  return collect(await readListing(caller, repository, options));
}

/** The same as it was answered; no pages for a repository that does not exist. */
export async function readListing(
  caller: Caller,
  repository: RepositoryName,
  options?: CallOptions,
): Promise<readonly ListingPage[]> {
  const pages = await readPages(caller, repository, PAGE_SIZE, options);
  // Some registries refuse large pages, by their own limits, instead of giving smaller ones.
  return pages ?? (await readPages(caller, repository, undefined, options)) ?? [];
}

/** The pages of a repository; undefined when the registry refuses this page size. */
async function readPages(
  caller: Caller,
  repository: RepositoryName,
  pageSize: number | undefined,
  options: CallOptions | undefined,
): Promise<ListingPage[] | undefined> {
  const operation: Operation = {
    class: 'tags.list',
    method: 'GET',
    doing: `list ${repository}`,
    path: pageSize === undefined ? 'tags/list' : `tags/list?n=${pageSize}`,
    access: 'pull',
  };
  const pages: ListingPage[] = [];
  for await (const exchange of pagesOf(caller, repository, operation, options)) {
    const { status } = exchange.response;
    if (status === 404 && isRegistryError(exchange)) return pages;
    if (status === 400 && pages.length === 0 && pageSize !== undefined) return undefined;
    if (status !== 200) throw failureOf(exchange.request, exchange.response);
    pages.push(pageOf(exchange));
  }
  return pages;
}

function pageOf({ request, response }: Exchange): ListingPage {
  const answer = jsonOf(response);
  if (typeof answer !== 'object' || answer === null) throw nonsenseOf(request, 'answered something that is not JSON');
  const { tags, manifest, child } = answer as { tags?: unknown; manifest?: unknown; child?: unknown };
  // An empty repository's `tags` is null on distribution registries.
  if (tags !== undefined && tags !== null && !Array.isArray(tags))
    throw nonsenseOf(request, 'answered no list of tags');
  const extended = typeof manifest === 'object' && manifest !== null;
  return {
    tags: tags ?? [],
    manifest: extended ? (manifest as Record<string, unknown>) : undefined,
    children: Array.isArray(child) ? child : [],
  };
}

/** A 404 that no registry wrote says nothing about a repository: the address may be wrong. */
function isRegistryError({ response }: Exchange): boolean {
  return Array.isArray((jsonOf(response) as { errors?: unknown } | null | undefined)?.errors);
}

function collect(pages: readonly ListingPage[]): RepositoryListing {
  const digests = new Map<Digest, readonly Tag[]>();
  const complete = pages.length > 0 && pages.every(isSurelyWhole);
  if (complete) {
    for (const { manifest } of pages) {
      for (const [digest, description] of Object.entries(manifest ?? {})) {
        if (isDigest(digest)) digests.set(digest, union(digests.get(digest), tagsOf(description)));
      }
    }
    return { kind: 'digests', digests };
  }
  return { kind: 'names', tags: new Set(pages.flatMap((page) => page.tags.filter(isTagValue))) };
}

/** Whether a page is of Google's kind and too short to have been cut off. */
export function isSurelyWhole({ tags, manifest }: ListingPage): boolean {
  return manifest !== undefined && tags.length < GOOGLE_LIMIT && Object.keys(manifest).length < GOOGLE_LIMIT;
}

/** The tags in Google's description of a digest. */
export function tagsOf(description: unknown): Tag[] {
  const tag = (description as { tag?: unknown } | null)?.tag;
  return Array.isArray(tag) ? tag.filter(isTagValue) : [];
}

/** A digest with many tags may come on several pages. */
function union(known: readonly Tag[] | undefined, tags: readonly Tag[]): readonly Tag[] {
  return known === undefined ? tags : [...new Set([...known, ...tags])];
}

/** Whether a member of a list of tags is one. */
export function isTagValue(value: unknown): value is Tag {
  return typeof value === 'string' && isTag(value);
}
