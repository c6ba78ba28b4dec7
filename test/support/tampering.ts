import type { RepositoryName } from '../../src/reference.ts';
import type { Descriptor, Registry } from '../../src/registry/registry.ts';
import { attachBundle } from '../../src/signing/attach-bundle.ts';
import {
  attachmentTag,
  blobOf,
  layeredManifest,
  parseAttachmentManifest,
} from '../../src/signing/attachment-manifest.ts';
import { readBlob, writeBlob } from '../../src/signing/blob-content.ts';
import { SIMPLE_SIGNING } from '../../src/signing/media-types.ts';
import type { AttachContext } from '../../src/signing/signing-context.ts';

/** A legacy signature as it lies in a registry. */
export interface LegacyLayer {
  readonly payload: Buffer;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The only layer of an image's `.sig`. */
export async function readLegacyLayer(
  registry: Registry,
  repository: RepositoryName,
  { digest }: Descriptor,
): Promise<LegacyLayer> {
  const content = await registry.getManifest(repository, attachmentTag(digest, 'sig'));
  const layer = content && parseAttachmentManifest(content.bytes).layers[0];
  if (layer === undefined) throw new Error(`${repository}@${digest} has no legacy signature`);
  return { payload: await readBlob(registry, repository, layer), annotations: layer.annotations ?? {} };
}

/** Makes a layer the only signature of an image. */
export async function writeLegacyLayer(
  registry: Registry,
  repository: RepositoryName,
  { digest }: Descriptor,
  { payload, annotations }: LegacyLayer,
): Promise<void> {
  const layer = blobOf(SIMPLE_SIGNING, payload, annotations);
  const { manifest, config } = layeredManifest([layer.descriptor]);
  await writeBlob(registry, repository, layer);
  await writeBlob(registry, repository, config);
  await registry.putManifest(repository, attachmentTag(digest, 'sig'), manifest);
}

/** The JSON of every bundle of an image. */
export async function readBundles(
  registry: Registry,
  repository: RepositoryName,
  { digest }: Descriptor,
): Promise<readonly unknown[]> {
  const bundles: unknown[] = [];
  for (const referrer of await registry.listReferrers(repository, digest)) {
    const content = await registry.getManifest(repository, referrer.digest);
    const layer = content && parseAttachmentManifest(content.bytes).layers[0];
    if (layer !== undefined) bundles.push(JSON.parse((await readBlob(registry, repository, layer)).toString()));
  }
  return bundles;
}

/** Attaches JSON as if it were a bundle. */
export async function writeBundle(
  context: AttachContext,
  repository: RepositoryName,
  subject: Descriptor,
  bundle: unknown,
  predicateType: string,
): Promise<void> {
  await attachBundle(context, { repository, subject, bundle: Buffer.from(JSON.stringify(bundle)), predicateType });
}

/** A copy of JSON with the value at a path changed; `undefined` removes it. */
export function edited(json: unknown, path: readonly (string | number)[], change: (value: never) => unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return change(json as never);
  if (typeof json !== 'object' || json === null || !(name in json)) throw new Error(`there is no ${String(name)}`);
  const copy = (Array.isArray(json) ? [...(json as unknown[])] : { ...json }) as Record<string | number, unknown>;
  const value = edited(copy[name], rest, change);
  if (value === undefined) delete copy[name];
  else copy[name] = value;
  return copy;
}

/** Base64 of the same bytes with one bit in their middle changed. */
export function flipped(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  return bytes.toString('base64');
}

/** Base64 of a text with something replaced in it. */
export function reworded(base64: string, from: string | RegExp, to: string): string {
  const text = Buffer.from(base64, 'base64').toString();
  const changed = text.replace(from, to);
  if (changed === text) throw new Error(`there is no ${String(from)} in it`);
  return Buffer.from(changed).toString('base64');
}
