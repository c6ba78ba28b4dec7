import type { LoadLine } from '../registry/admin.ts';
import type { RegistryProcess } from '../registry-process.ts';
import { MANIFEST_TYPE, type WorkBlob } from './image.ts';
import { productionPath, stagingPath, type Work } from './work.ts';

/** Puts a work's images on the staging host, and on the mirrors too where they are to be there already. */
export async function loadWork(registry: RegistryProcess, work: Work, promoted: boolean): Promise<void> {
  await registry.load(linesOf(work));
  if (!promoted) return;
  const projects = [...new Set(work.repositories.map(({ project }) => project))];
  const paths = projects.map((project) => [stagingPath(project), productionPath(project)] as const);
  for (const mirror of work.mirrors) await registry.share({ from: work.staging, to: mirror, paths });
}

function* linesOf({ staging, repositories }: Work): Generator<LoadLine> {
  for (const { project, name, images } of repositories) {
    const repository = `${stagingPath(project)}/${name}`;
    for (const { image, tag } of images) {
      yield {
        host: staging,
        repository,
        blobs: image.blobs.flatMap(bytesOf),
        largeBlobs: image.blobs.flatMap(largeOf),
        manifests: [{ bytes: image.manifest.toString('base64'), mediaType: MANIFEST_TYPE, tags: [tag] }],
      };
    }
  }
}

function bytesOf({ content }: WorkBlob): readonly string[] {
  return Buffer.isBuffer(content) ? [content.toString('base64')] : [];
}

function largeOf({ content, seed }: WorkBlob): readonly { readonly size: number; readonly seed: string }[] {
  return Buffer.isBuffer(content) ? [] : [{ size: content.size, seed }];
}
