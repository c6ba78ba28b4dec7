import type { Token } from './token-cache.ts';
import { TokenCache } from './token-cache.ts';
import { covers, grantsOf, unionOf } from './token-scope.ts';

/** Scopes that one token is asked for at most: tokens travel in a header, and grow with each of them. */
const MAX_SCOPES = 20;

interface Wish {
  readonly scopes: readonly string[];
  readonly resolve: (token: Token | Promise<Token>) => void;
}

/**
 * The tokens of one host. Wishes that come together are asked for together, since one token can cover many repositories,
 * and nothing is asked for twice at the same time.
 */
export class TokenSource {
  readonly #fetch: (scopes: readonly string[]) => Promise<Token>;
  readonly #now: () => number;
  readonly #cache = new TokenCache();
  readonly #flights = new Set<{ readonly scopes: readonly string[]; readonly token: Promise<Token> }>();
  readonly #expected = new Set<string>();
  #wishes: Wish[] = [];
  #together = true;

  constructor(fetch: (scopes: readonly string[]) => Promise<Token>, now: () => number) {
    this.#fetch = fetch;
    this.#now = now;
  }

  /** Scopes that will be needed soon: they are asked for along with the next that is needed now. */
  expect(scopes: readonly string[]): void {
    for (const scope of scopes) this.#expected.add(scope);
  }

  /** A token that covers these scopes. */
  tokenFor(scopes: readonly string[]): Token | Promise<Token> {
    const cached = this.#cache.find(scopes, this.#now());
    if (cached !== undefined) return cached;
    if (!this.#together) return this.#fly(scopes);
    const needs = grantsOf(scopes);
    const flight = [...this.#flights].find((flight) => covers(grantsOf(flight.scopes), needs));
    if (flight !== undefined) return flight.token.catch(() => this.#fly(scopes));
    return new Promise((resolve) => {
      this.#wishes.push({ scopes, resolve });
      if (this.#wishes.length === 1) setImmediate(() => this.#askTogether());
    });
  }

  /** A new token for exactly these scopes, in place of one that the registry refused. */
  renew(scopes: readonly string[], refused: string): Promise<Token> {
    this.#cache.drop(refused);
    return this.#fly(scopes);
  }

  /** Asks for every wish alone from now on: the server gives tokens for several repositories that do not work. */
  stopUnions(): void {
    this.#together = false;
  }

  #askTogether(): void {
    const wishes = this.#wishes;
    this.#wishes = [];
    while (wishes.length > 0) {
      const first = wishes.shift()!;
      const group = [first];
      const scopes = [...first.scopes];
      while (wishes[0] !== undefined && scopes.length + wishes[0].scopes.length <= MAX_SCOPES) {
        const wish = wishes.shift()!;
        group.push(wish);
        scopes.push(...wish.scopes);
      }
      for (const scope of scopes) this.#expected.delete(scope);
      const union = unionOf([...scopes, ...this.#takeExpected(MAX_SCOPES - scopes.length)]);
      const token = this.#fly(union);
      // One scope that is refused must not spoil the others.
      for (const wish of group) wish.resolve(token.catch((error: unknown) => this.#alone(wish.scopes, union, error)));
    }
  }

  #alone(scopes: readonly string[], union: readonly string[], error: unknown): Promise<Token> {
    if (unionOf(scopes).length === union.length) throw error;
    return this.#fly(scopes);
  }

  #takeExpected(count: number): string[] {
    const taken = [...this.#expected].slice(0, Math.max(0, count));
    for (const scope of taken) this.#expected.delete(scope);
    return taken.filter((scope) => this.#cache.find([scope], this.#now()) === undefined);
  }

  #fly(scopes: readonly string[]): Promise<Token> {
    const key = scopes.join(' ');
    for (const flight of this.#flights) if (flight.scopes.join(' ') === key) return flight.token;
    const token = this.#fetch(scopes).then((fetched) => {
      this.#cache.add(fetched, this.#now());
      return fetched;
    });
    const flight = { scopes, token };
    this.#flights.add(flight);
    const landed = () => this.#flights.delete(flight);
    token.then(landed, landed);
    return token;
  }
}
