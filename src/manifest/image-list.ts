import { messageOf } from '../errors.ts';
import type { Digest, RegistryName, Tag } from '../reference.ts';
import { isDigest, isTag, parseRepository } from '../reference.ts';
import type { RawImage, RawImages } from './grammar.ts';
import type { DigestEntry, ImageEntry } from './manifest.ts';
import type { FileReview } from './review.ts';
import type { Entry, Located } from './yaml-decoder.ts';

interface DigestTags {
  readonly line: number;
  readonly tags: Set<Tag>;
}

interface ImageDigests {
  readonly line: number;
  readonly digests: Map<Digest, DigestTags>;
}

/**
 * Checks the images of a manifest, with kpromo's messages (promoter/image/schema/manifest.go), and merges entries that
 * have the same name.
 *
 * Where those rules only warn, what breaks them is left out: kpromo cannot promote it either.
 *
 * @param source the registry that the images come from, if it is known
 */
export function checkImages(
  written: RawImages,
  source: RegistryName | undefined,
  review: FileReview,
): readonly ImageEntry[] {
  const images = new Map<string, ImageDigests>();
  for (const image of written) {
    const name = checkName(image, source, review);
    const entries = image.value.dmap?.value ?? [];
    if (entries.length === 0) {
      review.report(review.plainRules, image.value.dmap?.at ?? image.at, "images: 'dmap' field cannot be empty");
    }
    if (name === undefined) continue;
    const into = images.get(name) ?? { line: review.lineAt(image.at), digests: new Map<Digest, DigestTags>() };
    images.set(name, into);
    for (const entry of entries) addDigest(into, entry, review);
  }
  return Array.from(images, ([name, { line, digests }]) => ({
    name,
    digests: Array.from(digests, toDigestEntry),
    file: review.file,
    line,
  }));
}

function checkName(image: Located<RawImage>, source: RegistryName | undefined, review: FileReview): string | undefined {
  const at = image.value.name?.at ?? image.at;
  const name = image.value.name?.value ?? '';
  if (name === '') {
    review.report(review.plainRules, at, "images: 'name' field cannot be empty");
    return undefined;
  }
  try {
    parseRepository(`${source ?? 'registry'}/${name}`);
    return name;
  } catch (thrown) {
    review.report('problem', at, `images: '${name}' cannot be the name of an image: ${messageOf(thrown)}`);
    return undefined;
  }
}

function addDigest(image: ImageDigests, entry: Entry<readonly Located<string>[]>, review: FileReview): void {
  const digest = entry.key;
  if (!isDigest(digest)) {
    review.report(review.plainRules, entry.at, `invalid digest: ${digest}`);
    for (const tag of entry.value) checkTag(tag, review);
    return;
  }
  const tags = entry.value.map((tag) => checkTag(tag, review)).filter((tag) => tag !== undefined);
  // A digest without tags is promoted by digest alone; one whose tags are all refused was not meant so.
  if (entry.value.length > 0 && tags.length === 0) return;
  const into = image.digests.get(digest) ?? { line: review.lineAt(entry.at), tags: new Set<Tag>() };
  image.digests.set(digest, into);
  for (const tag of tags) into.tags.add(tag);
}

function checkTag(tag: Located<string>, review: FileReview): Tag | undefined {
  if (isTag(tag.value)) return tag.value;
  review.report(review.plainRules, tag.at, `invalid tag: ${tag.value}`);
  return undefined;
}

function toDigestEntry([digest, { line, tags }]: readonly [Digest, DigestTags]): DigestEntry {
  return { digest, tags: [...tags], line };
}
