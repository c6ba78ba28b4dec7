/** How much there is to promote. */
export interface WorkSize {
  readonly projects: number;
  readonly repositories: number;
  readonly digests: number;
  readonly mirrors: number;
  /** Of each image. */
  readonly layers: number;
  /** Of these, the same in all images of a project. */
  readonly sharedLayers: number;
  readonly layerBytes: number;
}

export type SizeName = 'S' | 'M' | 'L' | 'P' | 'G';

const LAYERS = { layers: 3, sharedLayers: 1, layerBytes: 1024 };

/** `P` has the dimensions of Kubernetes' production; `G` is one image with a layer of two GiB. */
export const SIZES: Readonly<Record<SizeName, WorkSize>> = {
  S: { projects: 2, repositories: 5, digests: 20, mirrors: 3, ...LAYERS },
  M: { projects: 6, repositories: 30, digests: 300, mirrors: 5, ...LAYERS },
  L: { projects: 12, repositories: 60, digests: 2000, mirrors: 20, ...LAYERS },
  P: { projects: 135, repositories: 1350, digests: 46_000, mirrors: 20, layers: 1, sharedLayers: 0, layerBytes: 64 },
  G: { projects: 1, repositories: 1, digests: 1, mirrors: 5, layers: 1, sharedLayers: 0, layerBytes: 2 * 1024 ** 3 },
};

/** Whether a word names a size. */
export function isSizeName(word: string): word is SizeName {
  return word in SIZES;
}
