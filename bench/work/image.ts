import { createHash } from 'node:crypto';
import { digestOf, repeated, sizeOf, type Content } from '../registry/contents.ts';

export interface WorkBlob {
  readonly digest: string;
  readonly content: Content;
  /** What a large one is made of. */
  readonly seed: string;
}

/** An image as a registry holds it. */
export interface WorkImage {
  readonly digest: string;
  readonly manifest: Buffer;
  readonly blobs: readonly WorkBlob[];
}

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const LARGE_BYTES = 16 * 1024 * 1024;

/** A layer of so many bytes; the same seed makes the same one. */
export function makeLayer(seed: string, bytes: number): WorkBlob {
  const content =
    bytes > LARGE_BYTES
      ? repeated(bytes, seed)
      : createHash('shake256', { outputLength: bytes }).update(`layer ${seed}`).digest();
  return { digest: digestOf(content), content, seed };
}

/** An image of layers; the same seed makes the same one. */
export function makeImage(seed: string, layers: readonly WorkBlob[]): WorkImage {
  const config = jsonBlob({
    architecture: 'amd64',
    os: 'linux',
    config: { Labels: { seed } },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  });
  const describe = ({ digest, content }: WorkBlob, kind: string) => ({
    mediaType: `application/vnd.oci.image.${kind}`,
    digest,
    size: sizeOf(content),
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: describe(config, 'config.v1+json'),
      layers: layers.map((layer) => describe(layer, 'layer.v1.tar')),
    }),
  );
  return { digest: digestOf(manifest), manifest, blobs: [...layers, config] };
}

function jsonBlob(value: unknown): WorkBlob {
  const content = Buffer.from(JSON.stringify(value));
  return { digest: digestOf(content), content, seed: '' };
}
