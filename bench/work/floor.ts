import type { Work } from './work.ts';

/** The fewest requests that can do a fresh promotion; tokens and pings aside, and without single-POST uploads. */
export interface Floor {
  /** Every repository of both sides, once. */
  readonly lists: number;
  readonly sourceManifests: number;
  /** Each once, however many mirrors there are. */
  readonly sourceBlobs: number;
  /** Two for each blob that is new to a mirror. */
  readonly uploads: number;
  /** One for each further repository of the mirror that needs it. */
  readonly mounts: number;
  /** A last look at each tag before it is written. */
  readonly guards: number;
  readonly manifests: number;
  readonly total: number;
  /** Those of the host that has to answer most of them. */
  readonly busiestHost: number;
}

/** Computes the floor of a work's fresh promotion. */
export function floorOf({ repositories, mirrors }: Work): Floor {
  const blobs = new Set<string>();
  let placements = 0;
  let images = 0;
  for (const repository of repositories) {
    const here = new Set(repository.images.flatMap(({ image }) => image.blobs.map(({ digest }) => digest)));
    placements += here.size;
    images += repository.images.length;
    for (const digest of here) blobs.add(digest);
  }
  const lists = repositories.length * (1 + mirrors.length);
  const uploads = 2 * blobs.size * mirrors.length;
  const mounts = (placements - blobs.size) * mirrors.length;
  const perTag = images * mirrors.length;
  const mirror = repositories.length + 2 * blobs.size + placements - blobs.size + 2 * images;
  return {
    lists,
    sourceManifests: images,
    sourceBlobs: blobs.size,
    uploads,
    mounts,
    guards: perTag,
    manifests: perTag,
    total: lists + images + blobs.size + uploads + mounts + 2 * perTag,
    busiestHost: Math.max(mirror, repositories.length + images + blobs.size),
  };
}
