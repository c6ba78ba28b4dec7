import type { Contents } from './contents.ts';
import { Repository } from './repository.ts';

/** Host to repository's path to repository. */
type Hosts = Map<string, Map<string, Repository>>;

/** Everything that all hosts hold, and how it was at other times. */
export interface State {
  readonly contents: Contents;
  /** The repository as it is; nothing where there is none. */
  find(host: string, path: string): Repository | undefined;
  /** The repository, made when there is none. */
  open(host: string, path: string): Repository;
  repositories(host: string): ReadonlyMap<string, Repository>;
  /** Gives a host all that another one has below a path, under the paths that `rename` says. */
  share(from: string, to: string, rename: (path: string) => string | undefined): void;
  snapshot(name: string): void;
  /** @returns whether there is such a snapshot */
  restore(name: string): boolean;
  clear(): void;
}

/** Makes an empty state. */
export function createState(): State {
  const contents: Contents = new Map();
  const snapshots = new Map<string, Hosts>();
  let hosts: Hosts = new Map();

  function repositoriesOf(host: string): Map<string, Repository> {
    const known = hosts.get(host);
    if (known !== undefined) return known;
    const fresh = new Map<string, Repository>();
    hosts.set(host, fresh);
    return fresh;
  }

  return {
    contents,
    find: (host, path) => hosts.get(host)?.get(path),
    open(host, path) {
      const repositories = repositoriesOf(host);
      const known = repositories.get(path);
      if (known !== undefined) return known;
      const fresh = new Repository();
      repositories.set(path, fresh);
      return fresh;
    },
    repositories: repositoriesOf,
    share(from, to, rename) {
      const target = repositoriesOf(to);
      for (const [path, repository] of repositoriesOf(from)) {
        const renamed = rename(path);
        if (renamed !== undefined) target.set(renamed, new Repository(repository));
      }
    },
    snapshot: (name) => void snapshots.set(name, copyOf(hosts)),
    restore(name) {
      const snapshot = snapshots.get(name);
      if (snapshot !== undefined) hosts = copyOf(snapshot);
      return snapshot !== undefined;
    },
    clear() {
      hosts = new Map();
      snapshots.clear();
      contents.clear();
    },
  };
}

function copyOf(hosts: Hosts): Hosts {
  const copyHost = (repositories: ReadonlyMap<string, Repository>) =>
    new Map([...repositories].map(([path, repository]) => [path, new Repository(repository)]));
  return new Map([...hosts].map(([host, repositories]) => [host, copyHost(repositories)]));
}
