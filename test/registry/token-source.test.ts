import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import type { Token } from '../../src/registry/token-cache.ts';
import { TokenSource } from '../../src/registry/token-source.ts';

function sourceWith(isRefused: (scopes: readonly string[]) => boolean = () => false) {
  const asked: string[][] = [];
  const time = { now: 0 };
  const source = new TokenSource(
    (scopes) => {
      asked.push([...scopes]);
      if (isRefused(scopes)) return Promise.reject(new PromoterError('RegistryDenied', 'no'));
      return Promise.resolve({ value: `token ${asked.length}`, scopes, expiresAt: time.now + 1_000 });
    },
    () => time.now,
  );
  return { source, asked, time };
}

const a = 'repository:a:pull';
const b = 'repository:b:pull';

describe('token source', () => {
  it('asks once for wishes that come together, and never again while the token lives', async () => {
    const { source, asked } = sourceWith();
    const tokens = await Promise.all([source.tokenFor([a]), source.tokenFor([b]), source.tokenFor([a, b])]);
    assert.deepEqual(asked, [[a, b]]);
    assert.equal(new Set(tokens.map(({ value }) => value)).size, 1);
    assert.ok(!(source.tokenFor([b]) instanceof Promise));
  });

  it('asks anew when the token is old', async () => {
    const { source, asked, time } = sourceWith();
    await source.tokenFor([a]);
    time.now = 1_000;
    await source.tokenFor([a]);
    assert.equal(asked.length, 2);
  });

  it('uses a token that allows more, but not one that allows less', async () => {
    const { source, asked } = sourceWith();
    await source.tokenFor(['repository:a:pull,push']);
    await source.tokenFor([a]);
    assert.equal(asked.length, 1);
    await source.tokenFor(['repository:a:delete,pull']);
    assert.equal(asked.length, 2);
  });

  it('waits for a token on its way that will do', async () => {
    const { source, asked } = sourceWith();
    const first = source.tokenFor(['repository:a:pull,push']);
    await new Promise((resolve) => setImmediate(resolve));
    const second = source.tokenFor([a]);
    assert.equal((await first).value, (await second).value);
    assert.equal(asked.length, 1);
  });

  it('asks alone when the token on its way that would have done does not come', async () => {
    const asked: string[][] = [];
    const union = Promise.withResolvers<Token>();
    const source = new TokenSource(
      (scopes) => {
        asked.push([...scopes]);
        return scopes.length > 1 ? union.promise : Promise.resolve({ value: 'alone', scopes, expiresAt: 1_000 });
      },
      () => 0,
    );
    const first = [source.tokenFor([a]), source.tokenFor([b])];
    await new Promise((resolve) => setImmediate(resolve));
    const late = source.tokenFor([a]);
    assert.deepEqual(asked, [[a, b]]);
    union.reject(new PromoterError('RegistryDenied', 'no'));
    for (const { value } of await Promise.all([...first, late])) assert.equal(value, 'alone');
    assert.deepEqual(asked, [[a, b], [a], [b]]);
  });

  it('asks along for what is expected, up to twenty scopes', async () => {
    const { source, asked } = sourceWith();
    source.expect(Array.from({ length: 30 }, (_, index) => `repository:r${index}:pull`));
    await source.tokenFor([a]);
    await source.tokenFor(['repository:r18:pull']);
    assert.equal(asked.length, 1);
    await source.tokenFor(['repository:r19:pull']);
    assert.deepEqual(
      asked.map(({ length }) => length),
      [20, 11],
    );
  });

  it('does not let one refused scope spoil the others', async () => {
    const { source, asked } = sourceWith((scopes) => scopes.includes(b));
    const [first, second] = await Promise.allSettled([source.tokenFor([a]), source.tokenFor([b])]);
    assert.equal(first.status, 'fulfilled');
    assert.equal(second.status, 'rejected');
    assert.deepEqual(asked, [[a, b], [a], [b]]);
  });

  it('replaces a refused token by one for exactly what is needed', async () => {
    const { source, asked } = sourceWith();
    const [token] = await Promise.all([source.tokenFor([a]), source.tokenFor([b])]);
    const [one, other] = await Promise.all([source.renew([a], token.value), source.renew([a], token.value)]);
    assert.equal(one.value, other.value);
    assert.deepEqual(asked, [[a, b], [a]]);
    source.stopUnions();
    await Promise.all([source.tokenFor([b]), source.tokenFor(['repository:c:pull'])]);
    assert.deepEqual(asked.slice(2), [[b], ['repository:c:pull']]);
  });

  it('knows a token without scopes, for the ping', async () => {
    const { source, asked } = sourceWith();
    await source.tokenFor([]);
    assert.deepEqual(asked, [[]]);
    await source.tokenFor([]);
    assert.equal(asked.length, 1);
  });
});
