import { PromoterError } from '../errors.ts';
import { isDigest, type Digest } from '../reference.ts';
import type { Descriptor, ManifestContent } from '../registry/registry.ts';
import { digestOf } from './folder-store.ts';

/** A blob of the plan store. */
export type StoredBlob = Pick<Descriptor, 'digest' | 'size'>;

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
/** As the configuration's type it says what the manifest is (image specification 1.1, "Guidelines for Artifact Usage"). */
const CONTENT = 'application/vnd.image-promoter.plan.v1';
const NAME = 'dev.image-promoter.name';

/** A manifest that holds blobs, one or more, so that no registry collects them as garbage. */
export function manifestOf(blobs: readonly StoredBlob[], name?: string): ManifestContent {
  const layers = blobs.map(({ digest, size }) => ({ mediaType: CONTENT, digest, size }));
  const document = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: layers[0],
    layers,
    ...(name === undefined ? {} : { annotations: { [NAME]: name } }),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  return { digest: digestOf(bytes), mediaType: MANIFEST, bytes };
}

/** The content that a name's manifest holds, and the name itself. @throws PromoterError `StoreCorrupt` */
export function readManifest({ bytes, digest }: ManifestContent): { readonly name: string; readonly content: Digest } {
  const { annotations, layers } = parse(bytes);
  const name = (annotations as Record<string, unknown> | undefined)?.[NAME];
  const content = (layers as readonly { readonly digest?: unknown }[] | undefined)?.[0]?.digest;
  if (typeof name === 'string' && typeof content === 'string' && isDigest(content)) return { name, content };
  throw new PromoterError(
    'StoreCorrupt',
    `the manifest ${digest} among the tags of the plan store was not written by it: give it a repository of its own`,
  );
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const document = JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    return typeof document === 'object' && document !== null ? (document as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
