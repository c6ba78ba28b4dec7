import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import type { Digest, RepositoryName } from '../../src/reference.ts';
import { createPlacement } from '../../src/registry/placement.ts';

const BLOB = `sha256:${'a'.repeat(64)}` as Digest;
const ONE = 'mirror.test/one' as RepositoryName;
const TWO = 'mirror.test/two' as RepositoryName;
const THREE = 'mirror.test/three' as RepositoryName;
const ELSEWHERE = 'other.test/one' as RepositoryName;

describe('a placement map', () => {
  it('has nothing to do where the blob is known to be', async () => {
    const placement = createPlacement();
    placement.note(ONE, BLOB);
    assert.equal(await placement.bringBlob(ONE, BLOB, () => assert.fail('not needed')), undefined);
  });

  it('tells what to mount from, on the same host alone', async () => {
    const placement = createPlacement();
    placement.note(ONE, BLOB);
    assert.equal(await placement.bringBlob(TWO, BLOB, async (from) => from ?? 'nowhere'), ONE);
    assert.equal(await placement.bringBlob(ELSEWHERE, BLOB, async (from) => from ?? 'nowhere'), 'nowhere');
  });

  it('lets one repository of a host receive the bytes, and the others mount', async () => {
    const placement = createPlacement();
    const arrived = Promise.withResolvers<void>();
    const first = placement.bringBlob(ONE, BLOB, () => arrived.promise);
    const others = [TWO, THREE].map((name) => placement.bringBlob(name, BLOB, async (from) => from));
    const elsewhere = await placement.bringBlob(ELSEWHERE, BLOB, async () => 'at once');
    arrived.resolve();
    await first;
    assert.deepEqual(await Promise.all(others), [ONE, ONE]);
    assert.equal(elsewhere, 'at once');
  });

  it('brings a blob into one repository once', async () => {
    const placement = createPlacement();
    let times = 0;
    const bring = async () => (times += 1);
    await Promise.all([placement.bringBlob(ONE, BLOB, bring), placement.bringBlob(ONE, BLOB, bring)]);
    assert.equal(times, 1);
  });

  it('gives the next its turn when the first may not write', async () => {
    const placement = createPlacement();
    const first = placement.bringBlob(ONE, BLOB, async () => {
      throw new PromoterError('RegistryDenied', 'one is closed');
    });
    const second = placement.bringBlob(TWO, BLOB, async (from) => from ?? 'uploaded');
    const third = placement.bringBlob(THREE, BLOB, async (from) => from ?? 'uploaded');
    await assert.rejects(first, /closed/);
    assert.deepEqual(await Promise.all([second, third]), ['uploaded', TWO]);
  });

  it('gives the next its turn when the first is cancelled', async () => {
    const placement = createPlacement();
    const cancelled = Promise.withResolvers<never>();
    const first = placement.bringBlob(ONE, BLOB, () => cancelled.promise);
    const second = placement.bringBlob(TWO, BLOB, async (from) => from ?? 'uploaded', new AbortController().signal);
    cancelled.reject(new Error('cancelled'));
    await assert.rejects(first, /cancelled/);
    assert.equal(await second, 'uploaded');
  });

  it('fails those that wait when the host is down', async () => {
    const placement = createPlacement();
    const first = placement.bringBlob(ONE, BLOB, async () => {
      throw new PromoterError('RegistryThrottled', '429', { retryAfterMs: 7 });
    });
    const second = placement.bringBlob(TWO, BLOB, () => assert.fail('would fail as well'));
    await assert.rejects(first);
    await assert.rejects(second, (error: PromoterError) => {
      assert.equal(error.code, 'RegistryThrottled');
      assert.equal(error.retryAfterMs, 7);
      assert.match(error.message, /mirror\.test\/two waited .* from mirror\.test\/one/);
      return true;
    });
    assert.equal(await placement.bringBlob(TWO, BLOB, async () => 'later it works'), 'later it works');
  });

  it('fails all that want bytes which are not what their digest says', async () => {
    const placement = createPlacement();
    const altered = new PromoterError('DigestMismatch', 'altered');
    const first = placement.bringBlob(ONE, BLOB, () => Promise.reject(altered));
    const second = placement.bringBlob(TWO, BLOB, () => assert.fail('would fail as well'));
    await assert.rejects(first, altered);
    await assert.rejects(second, (error: PromoterError) => {
      assert.equal(error.code, 'DigestMismatch');
      assert.equal(error.cause, altered);
      assert.ok(!Object.hasOwn(error, 'retryAfterMs') || error.retryAfterMs === undefined);
      return true;
    });
  });

  it('fails those that wait for the same repository with the very error', async () => {
    const placement = createPlacement();
    const down = new PromoterError('RegistryUnavailable', 'down');
    const first = placement.bringBlob(ONE, BLOB, () => Promise.reject(down));
    const second = placement.bringBlob(ONE, BLOB, () => assert.fail('would fail as well'));
    await assert.rejects(first, (error) => error === down);
    await assert.rejects(second, (error) => error === down);
  });

  it('has one repository written once at a time, also when others are on their way to it', async () => {
    const placement = createPlacement();
    const arrived = Promise.withResolvers<string>();
    const first = placement.bringManifest(ONE, BLOB, () => arrived.promise);
    const second = placement.bringManifest(ONE, BLOB, () => assert.fail('it is on its way'));
    arrived.resolve('put');
    assert.deepEqual(await Promise.all([first, second]), ['put', undefined]);
  });

  it('stops waiting when the one who waits is cancelled', async () => {
    const placement = createPlacement();
    const cancelling = new AbortController();
    const arrived = Promise.withResolvers<void>();
    const first = placement.bringBlob(ONE, BLOB, () => arrived.promise);
    const second = placement.bringBlob(TWO, BLOB, async () => {}, cancelling.signal);
    cancelling.abort(new Error('enough'));
    await assert.rejects(second, /enough/);
    arrived.resolve();
    await first;
  });

  it('does not mount manifests, and does not wait for other repositories', async () => {
    const placement = createPlacement();
    const never = new Promise<never>(() => {});
    void placement.bringManifest(ONE, BLOB, () => never);
    placement.note(THREE, BLOB);
    assert.equal(await placement.bringManifest(TWO, BLOB, async () => 'put'), 'put');
    assert.equal(await placement.bringManifest(TWO, BLOB, async () => 'put'), undefined);
  });

  it('forgets', async () => {
    const placement = createPlacement();
    placement.note(ONE, BLOB);
    placement.forget(ONE, [BLOB]);
    assert.equal(placement.holds(ONE, BLOB), false);
    for (const repository of [ONE, TWO, THREE]) placement.note(repository, BLOB);
    placement.forget(TWO, [BLOB]);
    assert.deepEqual(
      [ONE, TWO, THREE].map((repository) => placement.holds(repository, BLOB)),
      [true, false, true],
    );
    placement.note(ELSEWHERE, BLOB);
    placement.forget('other.test/two' as RepositoryName, [BLOB]);
    assert.ok(placement.holds(ELSEWHERE, BLOB));
  });
});
