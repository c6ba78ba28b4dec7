const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** What the documents of a kind have, and those of the other kind have not. */
const INDEXES: ReadonlySet<string> = new Set([OCI_INDEX, 'application/vnd.docker.distribution.manifest.list.v2+json']);
const IMAGES: ReadonlySet<string> = new Set([OCI_MANIFEST, 'application/vnd.docker.distribution.manifest.v2+json']);

/** The media type of a `Content-Type`; empty for those that say nothing of a manifest. */
export function mediaTypeOf(contentType: string | undefined): string {
  const type = contentType?.split(';', 1)[0]?.trim() ?? '';
  return type === 'application/json' || type === 'text/plain' ? '' : type;
}

/** Static file servers posing as registries send no useful type; manifests name their own, or show it by their fields. */
export function embeddedMediaType(manifest: unknown): string {
  if (typeof manifest !== 'object' || manifest === null) return '';
  if ('mediaType' in manifest && typeof manifest.mediaType === 'string') return manifest.mediaType;
  if ('manifests' in manifest) return OCI_INDEX;
  return 'layers' in manifest ? OCI_MANIFEST : '';
}

/**
 * How a manifest differs from the type that it is served as. One digest must not be an image to one client and an index to
 * another: what is verified would not be what is run (CVE-2021-41190; image specification 1.1, "mediaType").
 *
 * @returns what it is and what it should be; undefined when they agree
 */
export function contradictionIn(mediaType: string, manifest: unknown): string | undefined {
  if (typeof manifest !== 'object' || manifest === null) return undefined;
  const { mediaType: said, manifests, layers, config } = manifest as Readonly<Record<string, unknown>>;
  if (typeof said === 'string' && said !== mediaType) return `as ${mediaType} what says that it is ${said}`;
  if (INDEXES.has(mediaType) && (isThere(layers) || isThere(config)))
    return `as ${mediaType} what has layers or a config`;
  if (IMAGES.has(mediaType) && isThere(manifests)) return `as ${mediaType} what lists manifests`;
  return undefined;
}

function isThere(field: unknown): boolean {
  return field !== undefined && field !== null && !(Array.isArray(field) && field.length === 0);
}
