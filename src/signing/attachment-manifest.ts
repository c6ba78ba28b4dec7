import { createHash } from 'node:crypto';
import { PromoterError } from '../errors.ts';
import { isDigest } from '../reference.ts';
import type { Digest, Tag } from '../reference.ts';
import type { Descriptor, ManifestContent } from '../registry/registry.ts';
import {
  BUNDLE_CONTENT_ANNOTATION,
  BUNDLE_PREDICATE_ANNOTATION,
  BUNDLE_V03,
  CREATED_ANNOTATION,
  OCI_CONFIG,
  OCI_EMPTY,
  OCI_MANIFEST,
} from './media-types.ts';

/** An OCI image manifest that holds signatures or attestations. */
export interface AttachmentManifest {
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly subject?: Descriptor;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A blob on its way to a registry. */
export interface Blob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** The tag under which cosign keeps what belongs to a digest (cosign, specs/SIGNATURE_SPEC.md, "Tag-based Discovery"). */
export function attachmentTag(digest: Digest, suffix: 'sig' | 'att'): Tag {
  return `${digest.replace(':', '-')}.${suffix}` as Tag;
}

/** The digest of bytes. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** Bytes with the descriptor that names them. */
export function blobOf(mediaType: string, bytes: Uint8Array, annotations?: Readonly<Record<string, string>>): Blob {
  const descriptor: Descriptor = {
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { descriptor, bytes };
}

/** The configuration blob that the OCI specification gives artefacts without one. */
export function emptyConfig(): Blob {
  return blobOf(OCI_EMPTY, Buffer.from('{}'));
}

/**
 * Reads a manifest that somebody else wrote.
 *
 * @throws PromoterError `SignatureInvalid` when it is not an OCI image manifest
 */
export function parseAttachmentManifest(bytes: Uint8Array): AttachmentManifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new PromoterError('SignatureInvalid', 'the attached manifest is not JSON', { cause: error });
  }
  const { config, layers, subject, annotations, artifactType } = (parsed ?? {}) as Record<string, unknown>;
  if (!isDescriptor(config) || !Array.isArray(layers) || !layers.every(isDescriptor)) {
    throw new PromoterError('SignatureInvalid', 'what is attached is not an OCI image manifest');
  }
  return {
    config,
    layers,
    annotations: isTexts(annotations) ? annotations : {},
    ...(isDescriptor(subject) ? { subject } : {}),
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
  };
}

/** A `.sig` or `.att` manifest with these layers, and the configuration that ought to go with them. */
export function layeredManifest(layers: readonly Descriptor[]): { manifest: ManifestContent; config: Blob } {
  const created = '0001-01-01T00:00:00Z';
  const config = blobOf(
    OCI_CONFIG,
    Buffer.from(
      JSON.stringify({
        architecture: '',
        created,
        history: layers.map(() => ({ created })),
        os: '',
        rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
        config: {},
      }),
    ),
  );
  const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: config.descriptor, layers };
  return { manifest: manifestOf(manifest), config };
}

/** The manifest that makes a bundle a referrer of an image, as cosign 3 writes it. */
export function bundleManifest(
  subject: Descriptor,
  bundle: Descriptor,
  predicateType: string,
  created: Date,
): ManifestContent {
  const { mediaType, digest, size } = subject;
  return manifestOf({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    artifactType: BUNDLE_V03,
    config: { ...emptyConfig().descriptor, artifactType: BUNDLE_V03 },
    layers: [bundle],
    subject: { mediaType, digest, size },
    annotations: {
      [BUNDLE_CONTENT_ANNOTATION]: 'dsse-envelope',
      [BUNDLE_PREDICATE_ANNOTATION]: predicateType,
      [CREATED_ANNOTATION]: `${created.toISOString().slice(0, 19)}Z`,
    },
  });
}

function manifestOf(value: unknown): ManifestContent {
  const bytes = Buffer.from(JSON.stringify(value), 'utf8');
  return { digest: digestOf(bytes), mediaType: OCI_MANIFEST, bytes };
}

/** Whether something read from JSON is a descriptor (image specification 1.1, "OCI Content Descriptors"). */
export function isDescriptor(value: unknown): value is Descriptor {
  if (typeof value !== 'object' || value === null) return false;
  const { mediaType, digest, size, annotations } = value as Record<string, unknown>;
  return (
    typeof mediaType === 'string' &&
    typeof digest === 'string' &&
    isDigest(digest) &&
    Number.isSafeInteger(size) &&
    Number(size) >= 0 &&
    (annotations === undefined || annotations === null || isTexts(annotations))
  );
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null && Object.values(value).every((text) => typeof text === 'string');
}
