import { posix } from 'node:path';
import type { GitSource } from '../../manifest/git-source.ts';
import type { Manifest } from '../../manifest/manifest.ts';
import type { Edge } from '../../plan/verdict.ts';
import { repositoryOf } from '../../reference.ts';

/** An edge with the place in the manifests that asks for it. */
export interface PlacedEdge extends Edge {
  readonly file?: string;
  /** 1-based line of the digest. */
  readonly line?: number;
  /** The commit at which it is there, where the manifests were taken from git. */
  readonly commit?: string;
}

/** Which edges somebody means. */
export type EdgeQuery = (edge: Edge) => boolean;

const DIGEST = /^(?:sha256:)?([0-9a-f]{7,64})$/;

/** Every edge that manifests ask for, in their order. */
export function* edgesOf(manifests: readonly Manifest[]): Generator<PlacedEdge> {
  for (const { source, destinations, images } of manifests) {
    for (const { name, digests, file } of images) {
      for (const { digest, tags, line } of digests) {
        for (const registry of destinations) {
          const edge = {
            source: repositoryOf(source, name),
            digest,
            destination: repositoryOf(registry, name),
            file,
            line,
          };
          if (tags.length === 0) yield edge;
          for (const tag of tags) yield { ...edge, tag };
        }
      }
    }
  }
}

/** The same edges with their places as the repository has them, at the commit that was found there. */
export function* atCommit(
  edges: Iterable<PlacedEdge>,
  { manifest, thinManifestDir = '.' }: GitSource,
  commit: string | undefined,
): Generator<PlacedEdge> {
  const placeOf = (file: string): string => manifest ?? posix.join(thinManifestDir, file);
  for (const edge of edges) {
    yield {
      ...edge,
      ...(edge.file === undefined ? {} : { file: placeOf(edge.file) }),
      ...(commit === undefined ? {} : { commit }),
    };
  }
}

/**
 * Reads what somebody calls an edge: a digest or its beginning, a reference with tag or digest, or a repository, of
 * which the end of its path is enough; or `digest -> reference`.
 */
export function parseEdgeQuery(text: string): EdgeQuery {
  // As the Update `quarantineEdge` takes them.
  const [whose, place] = text.split(' -> ', 2);
  if (whose !== undefined && place !== undefined) {
    const [isDigest, isPlace] = [parseEdgeQuery(whose), parseEdgeQuery(place)];
    return (edge) => isDigest(edge) && isPlace(edge);
  }
  const hex = DIGEST.exec(text)?.[1];
  if (hex !== undefined) return ({ digest }) => digest.startsWith(`sha256:${hex}`);
  const [reference = '', digest] = text.split('@', 2);
  const [, name = reference, tag] = /^(.+):([^:/]+)$/.exec(reference) ?? [];
  const start = digest?.startsWith('sha256:') === true ? digest : `sha256:${digest ?? ''}`;
  return (edge) =>
    (isNamed(edge.destination, name) || isNamed(edge.source, name)) &&
    (tag === undefined || edge.tag === tag) &&
    edge.digest.startsWith(start);
}

/** An edge as people write it: where it goes to. */
export function edgeName({ destination, tag, digest }: Edge): string {
  return tag === undefined ? `${destination}@${digest}` : `${destination}:${tag}`;
}

/** What edges somebody may have meant instead: the names that have most in common with the text. */
export function suggestEdges(text: string, edges: Iterable<Edge>, most: number): readonly string[] {
  const wanted = pairsOf(text);
  let best: { readonly name: string; readonly likeness: number }[] = [];
  for (const edge of edges) {
    const name = edgeName(edge);
    const likeness = likenessOf(wanted, pairsOf(name));
    if (likeness < LEAST_LIKENESS || best.some((one) => one.name === name)) continue;
    best = [...best, { name, likeness }].sort((a, b) => b.likeness - a.likeness).slice(0, most);
  }
  return best.map(({ name }) => name);
}

const LEAST_LIKENESS = 0.3;

function isNamed(repository: string, name: string): boolean {
  return repository === name || repository.endsWith(`/${name}`);
}

function pairsOf(text: string): ReadonlySet<string> {
  const end = text.slice(-60).toLowerCase();
  return new Set(Array.from({ length: Math.max(0, end.length - 1) }, (_, at) => end.slice(at, at + 2)));
}

/** How much of the pairs of letters two texts share (Dice): 0 nothing, 1 all. */
function likenessOf(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  return a.size + b.size === 0 ? 0 : (2 * a.intersection(b).size) / (a.size + b.size);
}
