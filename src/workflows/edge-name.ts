import type { EdgeName } from '../plan/withheld.ts';

const DIGEST = /^sha256:[0-9a-f]{64}$/;
// The last colon is a tag's only if no slash follows: before it may be a port.
const REPOSITORY = /^[a-zA-Z0-9.-]+(?::\d{1,5})?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+$/;
const TAG = /^\w[\w.-]{0,127}$/;
const ARROW = /\s*(?:→|->)\s*/;

/** How an edge is named, for whoever named it otherwise. */
export const EDGE_EXAMPLE =
  'registry.example/images/app:v1, registry.example/images/app@sha256:…, or sha256:… → registry.example/images/app:v1';

/**
 * Reads how people name an edge: as reports do (`host/repository:tag`, `host/repository@digest`), or with what goes there
 * (`digest → host/repository[:tag]`).
 *
 * @returns nothing when the text names no edge
 */
export function parseEdgeName(text: string): EdgeName | undefined {
  const parts = text.trim().split(ARROW);
  const [left = '', right] = parts;
  if (parts.length > 2) return undefined;
  if (right === undefined) return parseEndpoint(left);
  const endpoint = parseEndpoint(right) ?? (REPOSITORY.test(right) ? { destination: right } : undefined);
  if (!DIGEST.test(left) || endpoint === undefined) return undefined;
  return 'digest' in endpoint && endpoint.digest !== left ? undefined : { ...endpoint, digest: left };
}

/** The one way of writing an edge's name. */
export function formatEdgeName({ digest, destination, tag }: EdgeName): string {
  if (tag === undefined) return `${destination}@${digest}`;
  return digest === undefined ? `${destination}:${tag}` : `${digest} → ${destination}:${tag}`;
}

function parseEndpoint(text: string): EdgeName | undefined {
  const at = text.indexOf('@');
  if (at >= 0) {
    const [destination, digest] = [text.slice(0, at), text.slice(at + 1)];
    return REPOSITORY.test(destination) && DIGEST.test(digest) ? { destination, digest } : undefined;
  }
  const colon = text.lastIndexOf(':');
  if (colon < text.lastIndexOf('/')) return undefined;
  const [destination, tag] = [text.slice(0, colon), text.slice(colon + 1)];
  return REPOSITORY.test(destination) && TAG.test(tag) ? { destination, tag } : undefined;
}
