import { PromoterError } from '../errors.ts';
import { isDigest, isTag, parseRepository, type Digest, type RepositoryName, type Tag } from '../reference.ts';

/** An image as people name it. */
export interface ImageArgument {
  readonly repository: RepositoryName;
  /** Absent where only the repository is named; the digest where both are. */
  readonly reference?: Digest | Tag;
}

/** Reads `repository`, `repository:tag`, `repository@digest` or `repository:tag@digest`. @throws PromoterError `RequestInvalid` */
export function parseImage(image: string): ImageArgument {
  const [name = '', digest] = image.split('@');
  if (digest !== undefined) {
    if (!isDigest(digest)) throw new PromoterError('RequestInvalid', `'${image}': '${digest}' is not a digest`);
    return { repository: parseRepository(name.replace(/:[^:/]+$/, '')), reference: digest };
  }
  const [, repository = name, tag] = /^(.+):([^:/]+)$/.exec(name) ?? [];
  if (tag === undefined) return { repository: parseRepository(repository) };
  if (!isTag(tag)) throw new PromoterError('RequestInvalid', `'${image}': '${tag}' is not a tag`);
  return { repository: parseRepository(repository), reference: tag };
}
