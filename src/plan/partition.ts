import type { RepositoryName } from '../reference.ts';
import { groupEdges, type Group } from './document.ts';
import type { ImageWish } from './wish.ts';

/**
 * Splits wishes into pieces of about so many repositories, such that no repository is in two pieces: each is then read
 * once per run. Wishes keep their order, so that images of a project stay together.
 */
export function partitionWishes(wishes: readonly ImageWish[], repositories: number): readonly (readonly ImageWish[])[] {
  const pieces: ImageWish[][] = [];
  let size = Number.POSITIVE_INFINITY;
  for (const component of componentsOf(wishes)) {
    const weight = new Set(component.flatMap(({ source, destinations }) => [source, ...destinations])).size;
    if (size + weight > repositories) {
      pieces.push([]);
      size = 0;
    }
    pieces.at(-1)?.push(...component);
    size += weight;
  }
  return pieces;
}

/** Wishes that are connected by a repository they share, in the order of the first of each. */
function componentsOf(wishes: readonly ImageWish[]): readonly (readonly ImageWish[])[] {
  const parent = wishes.map((_, index) => index);
  const root = (index: number): number => {
    let at = index;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] ?? at] ?? at;
      at = parent[at] ?? at;
    }
    return at;
  };
  const firstUser = new Map<RepositoryName, number>();
  wishes.forEach(({ source, destinations }, index) => {
    for (const repository of [source, ...destinations]) {
      const first = firstUser.get(repository);
      if (first === undefined) firstUser.set(repository, index);
      else {
        const [a, b] = [root(first), root(index)];
        parent[Math.max(a, b)] = Math.min(a, b);
      }
    }
  });
  const components = new Map<number, ImageWish[]>();
  wishes.forEach((wish, index) => {
    const component = components.get(root(index));
    if (component === undefined) components.set(root(index), [wish]);
    else component.push(wish);
  });
  return [...components.values()];
}

const PROJECT_BREAK = 0.6;

/**
 * Cuts a run of groups into shards of about so many edges. Groups of one project (the source path but for its last
 * component) tend to share blobs, so a cut falls between projects where that leaves a shard reasonably full.
 */
export class ShardCutter {
  readonly #edges: number;
  #groups: Group[] = [];
  #weight = 0;
  #project = '';

  constructor(edges: number) {
    this.#edges = edges;
  }

  /** Takes the next group; gives back a shard's groups when they are complete without it. */
  add(group: Group): readonly Group[] | undefined {
    const project = group.source.slice(0, group.source.lastIndexOf('/'));
    const full = this.#weight >= this.#edges;
    const boundary = project !== this.#project && this.#weight >= this.#edges * PROJECT_BREAK;
    const complete = full || boundary ? this.flush() : undefined;
    this.#groups.push(group);
    this.#weight += groupEdges(group);
    this.#project = project;
    return complete;
  }

  /** Gives back what is left. */
  flush(): readonly Group[] | undefined {
    if (this.#groups.length === 0) return undefined;
    const groups = this.#groups;
    this.#groups = [];
    this.#weight = 0;
    return groups;
  }
}
