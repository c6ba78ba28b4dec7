import type { Digest, RepositoryName, Tag } from '../reference.ts';
import type { CallOptions, ManifestContent, Registry } from './registry.ts';

/** A tag that points somewhere else than the plan saw. */
export interface MovedTag {
  readonly tag: Tag;
  readonly found: Digest;
}

export interface TagsResult {
  /** Tags that point to the digest now. */
  readonly standing: readonly Tag[];
  readonly moved: readonly MovedTag[];
  /** How many of the standing ones had to be written. */
  readonly written: number;
}

/**
 * Points tags to a manifest whose content is complete in the repository, each after a last look at where it points: a tag
 * is created and never moved.
 *
 * @param look `false` where the caller has just looked
 */
export async function writeTags(
  registry: Registry,
  repository: RepositoryName,
  tags: readonly Tag[],
  content: ManifestContent,
  options: CallOptions,
  look = true,
): Promise<TagsResult> {
  const standing: Tag[] = [];
  const moved: MovedTag[] = [];
  let written = 0;
  for (const tag of tags) {
    const head = look ? await registry.headManifest(repository, tag, options) : undefined;
    if (head !== undefined && head.digest !== content.digest) {
      moved.push({ tag, found: head.digest });
      continue;
    }
    if (head === undefined) {
      await registry.putManifest(repository, tag, content, options);
      written += 1;
    }
    standing.push(tag);
  }
  return { standing, moved, written };
}
