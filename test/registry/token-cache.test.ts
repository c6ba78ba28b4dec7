import assert from 'node:assert/strict';
import type { Token } from '../../src/registry/token-cache.ts';
import { TokenCache } from '../../src/registry/token-cache.ts';

const A = 'repository:a:pull';
const B = 'repository:b:pull';

function token(value: string, scopes: readonly string[], expiresAt = 100): Token {
  return { value, scopes, expiresAt };
}

describe('token cache', () => {
  it('finds what covers all scopes and lives', () => {
    const cache = new TokenCache();
    cache.add(token('both', [A, B]), 0);
    assert.equal(cache.find([A], 99)?.value, 'both');
    assert.equal(cache.find([B, A], 99)?.value, 'both');
    assert.equal(cache.find([A], 100), undefined);
    assert.equal(cache.find(['repository:a:pull,push'], 0), undefined);
    assert.equal(cache.find(['repository:c:pull'], 0), undefined);
  });

  it('forgets a refused token, and no other of the same repository', () => {
    const cache = new TokenCache();
    cache.add(token('one', [A, B]), 0);
    cache.add(token('two', [A]), 0);
    cache.add(token('three', []), 0);
    cache.drop('unknown');
    cache.drop('one');
    assert.equal(cache.find([A], 0)?.value, 'two');
    assert.equal(cache.find([B], 0), undefined);
    cache.drop('two');
    assert.equal(cache.find([A], 0), undefined);
    assert.equal(cache.find([], 0)?.value, 'three');
  });

  it('prefers a new token to the old one that it takes the place of', () => {
    const cache = new TokenCache();
    cache.add(token('old', [A], 10), 0);
    cache.add(token('new', [A], 20), 10);
    assert.equal(cache.find([A], 10)?.value, 'new');
    assert.equal(cache.find([A], 5)?.value, 'new', 'what has ended is not kept');
  });
});
