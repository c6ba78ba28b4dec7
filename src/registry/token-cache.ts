import type { Grants } from './token-scope.ts';
import { covers, grantsOf } from './token-scope.ts';

/** A bearer token and what it is good for. */
export interface Token {
  readonly value: string;
  /** Scopes as they were asked for: `repository:app:pull,push`. */
  readonly scopes: readonly string[];
  /** On the clock's time, in milliseconds. */
  readonly expiresAt: number;
}

interface Entry {
  readonly token: Token;
  readonly grants: Grants;
}

/** The tokens of one host, found by what they cover rather than by how they were asked for. */
export class TokenCache {
  /** For each resource the tokens that say something of it: thousands of repositories may have one each. */
  readonly #byResource = new Map<string, Entry[]>();
  #entries: readonly Entry[] = [];

  /** A token that covers all these scopes, and lives. */
  find(scopes: readonly string[], now: number): Token | undefined {
    const needs = grantsOf(scopes);
    const [resource] = needs.keys();
    const candidates = resource === undefined ? this.#entries : this.#byResource.get(resource);
    return candidates?.find(({ token, grants }) => token.expiresAt > now && covers(grants, needs))?.token;
  }

  add(token: Token, now: number): void {
    this.#dropWhere((entry) => entry.token.expiresAt <= now);
    const entry: Entry = { token, grants: grantsOf(token.scopes) };
    this.#entries = [...this.#entries, entry];
    for (const resource of entry.grants.keys()) {
      this.#byResource.set(resource, [...(this.#byResource.get(resource) ?? []), entry]);
    }
  }

  /** Forgets a token that a registry refused. */
  drop(value: string): void {
    this.#dropWhere((entry) => entry.token.value === value);
  }

  #dropWhere(matches: (entry: Entry) => boolean): void {
    const dropped = new Set(this.#entries.filter(matches));
    if (dropped.size === 0) return;
    this.#entries = this.#entries.filter((entry) => !dropped.has(entry));
    for (const resource of [...dropped].flatMap(({ grants }) => [...grants.keys()])) {
      const left = (this.#byResource.get(resource) ?? []).filter((entry) => !dropped.has(entry));
      if (left.length === 0) this.#byResource.delete(resource);
      else this.#byResource.set(resource, left);
    }
  }
}
