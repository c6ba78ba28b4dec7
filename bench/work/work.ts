import { makeImage, makeLayer, type WorkBlob, type WorkImage } from './image.ts';
import type { WorkSize } from './size.ts';

/** One repository of staging with what is to be promoted from it. */
export interface WorkRepository {
  readonly project: string;
  readonly name: string;
  readonly images: readonly { readonly image: WorkImage; readonly tag: string }[];
}

/** A promotion: where from, where to, what. */
export interface Work {
  readonly size: WorkSize;
  /** `127.0.0.1:port` */
  readonly staging: string;
  readonly mirrors: readonly string[];
  readonly repositories: readonly WorkRepository[];
}

/** Where the images of a project are on each mirror, below the host. */
export const PRODUCTION = 'k8s-artifacts-prod/images';

/** The path of a project's repositories on the staging host. */
export function stagingPath(project: string): string {
  return `k8s-staging-${project}`;
}

/** The path of a project's repositories on the mirrors. */
export function productionPath(project: string): string {
  return `${PRODUCTION}/${project}`;
}

/** Makes up a promotion of a size; the same size makes the same images. @param prefix what its projects' names begin with */
export function makeWork(size: WorkSize, staging: string, mirrors: readonly string[], prefix = 'proj'): Work {
  const shared = new Map<string, readonly WorkBlob[]>();
  const sharedOf = (project: string): readonly WorkBlob[] => {
    const known = shared.get(project);
    if (known !== undefined) return known;
    const layers = range(size.sharedLayers).map((layer) => makeLayer(`${project} ${layer}`, size.layerBytes));
    shared.set(project, layers);
    return layers;
  };
  const repositories = range(size.repositories).map((repository): WorkRepository => {
    const project = `${prefix}-${pad(repository % size.projects, 3)}`;
    const name = `image-${pad(repository, 4)}`;
    const count = Math.ceil((size.digests - repository) / size.repositories);
    const images = range(count).map((number) => {
      const seed = `${project} ${name} ${number}`;
      const own = range(size.layers - size.sharedLayers);
      const layers = [...sharedOf(project), ...own.map((layer) => makeLayer(`${seed} ${layer}`, size.layerBytes))];
      return { image: makeImage(seed, layers), tag: `v1.${number}.0` };
    });
    return { project, name, images };
  });
  return { size, staging, mirrors, repositories };
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function pad(number: number, digits: number): string {
  return String(number).padStart(digits, '0');
}
