import { attachmentTag, blobOf, layeredManifest, type Blob } from '../../src/signing/attachment-manifest.ts';
import { SIGNATURE_ANNOTATION, SIMPLE_SIGNING } from '../../src/signing/media-types.ts';
import type { Digest } from '../../src/reference.ts';
import type { LoadLine } from '../registry/admin.ts';
import { MANIFEST_TYPE, type WorkImage } from '../work/image.ts';
import { productionPath, type Work } from '../work/work.ts';

/**
 * The images of a work on all of its mirrors, with a signature on the first, the canonical one, alone.
 *
 * @param percent so many of the images have one, spread evenly
 */
export function* signedLines({ mirrors, repositories }: Work, percent = 100): Generator<LoadLine> {
  let seen = 0;
  for (const { project, name, images } of repositories) {
    const repository = `${productionPath(project)}/${name}`;
    for (const { image, tag } of images) {
      seen += 1;
      const held = { blobs: image.blobs.map(({ content }) => textOf(content)), manifests: [manifestOf(image, tag)] };
      for (const host of mirrors) yield { host, repository, ...held };
      const [host] = mirrors;
      const isSigned = Math.floor((seen * percent) / 100) > Math.floor(((seen - 1) * percent) / 100);
      if (host !== undefined && isSigned) yield { host, repository, ...signatureOf(image) };
    }
  }
}

function manifestOf({ manifest }: WorkImage, tag: string) {
  return { bytes: manifest.toString('base64'), mediaType: MANIFEST_TYPE, tags: [tag] };
}

/** With a signature's shape; nobody verifies what is only missing elsewhere. */
function signatureOf({ digest }: WorkImage): Pick<LoadLine, 'blobs' | 'manifests'> {
  const payload = Buffer.from(JSON.stringify({ critical: { image: { 'docker-manifest-digest': digest } } }));
  const layer = blobOf(SIMPLE_SIGNING, payload, { [SIGNATURE_ANNOTATION]: payload.toString('base64') });
  const { manifest, config } = layeredManifest([layer.descriptor]);
  const { bytes, mediaType } = manifest;
  return {
    blobs: [layer, config].map(({ bytes }: Blob) => textOf(Buffer.from(bytes))),
    manifests: [
      { bytes: Buffer.from(bytes).toString('base64'), mediaType, tags: [attachmentTag(digest as Digest, 'sig')] },
    ],
  };
}

function textOf(content: unknown): string {
  if (Buffer.isBuffer(content)) return content.toString('base64');
  throw new Error('images beside which signatures are replicated are small');
}
