import type { RegistryProcess } from '../registry-process.ts';
import { productionPath, type Work } from './work.ts';

/** How many of the work's edges are on the mirrors. */
export async function edgesPresent(registry: RegistryProcess, { mirrors, repositories }: Work): Promise<number> {
  let present = 0;
  for (const mirror of mirrors) {
    const held = await registry.tagsOf(mirror);
    for (const { project, name, images } of repositories) {
      const tags = held[`${productionPath(project)}/${name}`];
      present += images.filter(({ image, tag }) => tags?.[tag] === image.digest).length;
    }
  }
  return present;
}

/** How many edges a work has. */
export function edgesOf({ size, mirrors }: Work): number {
  return size.digests * mirrors.length;
}
