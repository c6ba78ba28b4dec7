import assert from 'node:assert/strict';
import { createInventoryReader } from '../../src/plan/inventory.ts';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { digest, repository, tag } from './support.ts';

/** A registry of one repository that counts what it is asked. */
function countingRegistry(
  google: boolean,
  held: Readonly<Record<string, readonly string[]>>,
): Registry & { readonly asked: string[] } {
  const asked: string[] = [];
  const digests = new Map(Object.entries(held).map(([hex, tags]) => [digest(hex), tags as readonly Tag[]]));
  const find = (reference: string): Digest | undefined =>
    digests.has(reference as Digest)
      ? (reference as Digest)
      : [...digests].find(([, tags]) => tags.includes(reference as Tag))?.[0];
  const registry: Pick<Registry, 'listRepository' | 'headManifest'> = {
    async listRepository() {
      asked.push('list');
      return google ? { kind: 'digests', digests } : { kind: 'names', tags: new Set([...digests.values()].flat()) };
    },
    async headManifest(_: RepositoryName, reference) {
      asked.push(`head ${reference.slice(0, 8)}`);
      const found = find(reference);
      return found === undefined ? undefined : { digest: found, mediaType: 'application/json', size: 1 };
    },
  };
  return { ...(registry as Registry), asked };
}

describe('createInventoryReader', () => {
  const name = repository('h/d/a');
  const wish = (hex: string, ...tags: string[]) => ({ digest: digest(hex), tags: tags.map(tag) });

  it('needs one listing where Google’s extension is offered', async () => {
    const registry = countingRegistry(true, { a: ['1'], b: ['2'], c: [], f: [`sha256-${'a'.repeat(64)}.sig`] });
    const reader = createInventoryReader(registry);
    const { tags, digests } = await reader.readDestination(name, [wish('a', '1'), wish('c'), wish('d', '2', '3')]);
    assert.deepEqual(
      [...tags],
      [
        ['1', digest('a')],
        ['2', digest('b')],
      ],
    );
    assert.deepEqual([...digests], [digest('a'), digest('c')]);
    const source = await reader.readSource(name, [digest('a'), digest('e')]);
    assert.deepEqual(source.digests, new Set([digest('a')]));
    assert.deepEqual(source.attachments, new Set([`sha256-${'a'.repeat(64)}.sig`]));
    assert.deepEqual(registry.asked, ['list', 'list']);
  });

  it('knows that there are no referrers where every manifest is accounted for', async () => {
    const held = { a: ['1'], f: [`sha256-${'a'.repeat(64)}.sig`] };
    const closed = async (google: boolean, more: Readonly<Record<string, readonly string[]>>) => {
      const reader = createInventoryReader(countingRegistry(google, { ...held, ...more }));
      return (await reader.readSource(name, [digest('a')])).isClosed;
    };
    assert.equal(await closed(true, {}), true);
    assert.equal(await closed(true, { b: [] }), false, 'it may be a referrer');
    assert.equal(await closed(true, { b: ['2'] }), false, 'so may this');
    assert.equal(await closed(false, {}), false, 'names do not tell');
  });

  it('knows an empty plain repository by its listing alone, but for digests without tags', async () => {
    const registry = countingRegistry(false, {});
    const { tags, digests } = await createInventoryReader(registry).readDestination(name, [
      wish('a', '1', '2'),
      wish('b'),
    ]);
    assert.equal(tags.size + digests.size, 0);
    assert.deepEqual(registry.asked, ['list', 'head sha256:b']);
  });

  it('asks a plain registry for the tags that exist, and for digests that lack one', async () => {
    const registry = countingRegistry(false, { a: ['1', '9'], b: [] });
    const { tags, digests } = await createInventoryReader(registry).readDestination(name, [
      wish('a', '1', '2'),
      wish('b', '3'),
    ]);
    assert.deepEqual([...tags], [['1', digest('a')]]);
    assert.deepEqual([...digests].sort(), [digest('a'), digest('b')]);
    assert.deepEqual(registry.asked, ['list', 'head 1', 'head sha256:a', 'head sha256:b']);
  });

  it('asks a known plain host for a single tag directly, and for source digests by HEAD', async () => {
    const registry = countingRegistry(false, { a: ['1'] });
    const reader = createInventoryReader(registry);
    const source = await reader.readSource(name, [digest('a'), digest('b')]);
    assert.deepEqual(source.digests, new Set([digest('a')]));
    assert.deepEqual(registry.asked, ['list', 'head sha256:a', 'head sha256:b']);
    registry.asked.length = 0;
    const { tags } = await reader.readDestination(name, [wish('a', '1')]);
    assert.deepEqual([...tags], [['1', digest('a')]]);
    assert.deepEqual(registry.asked, ['head 1']);
  });

  it('lists a known plain host no more for its digests, and so knows nothing of what is attached to them', async () => {
    const registry = countingRegistry(false, { a: ['1'], b: [`sha256-${'a'.repeat(64)}.sig`] });
    const reader = createInventoryReader(registry);
    const first = await reader.readSource(name, [digest('a')]);
    assert.deepEqual(first.attachments, new Set([`sha256-${'a'.repeat(64)}.sig`]));
    registry.asked.length = 0;
    const again = await reader.readSource(name, [digest('a'), digest('c')]);
    assert.deepEqual(again, { digests: new Set([digest('a')]) });
    assert.deepEqual(registry.asked, ['head sha256:a', 'head sha256:c']);
  });

  it('lists where it does not know the host, or where several tags are wanted', async () => {
    const registry = countingRegistry(false, { a: ['1'] });
    const reader = createInventoryReader(registry);
    await reader.readDestination(name, [wish('a', '1')]);
    await reader.readDestination(name, [wish('a', '1', '2')]);
    assert.deepEqual(registry.asked, ['list', 'head 1', 'list', 'head 1', 'head sha256:a']);
  });

  it('takes a list of names that may be cut off for no word on attachments', async () => {
    for (const [count, known] of [
      [9_999, true],
      [10_000, false],
    ] as const) {
      const registry = countingRegistry(false, { a: Array.from({ length: count }, (_, at) => `t${at}`) });
      const source = await createInventoryReader(registry).readSource(name, [digest('a')]);
      assert.equal('attachments' in source, known, String(count));
    }
  });

  it('asks sixteen times at once, and stops with its caller', async () => {
    const registry = countingRegistry(false, {});
    const { signal } = new AbortController();
    const signals = new Set<unknown>();
    let [now, most] = [0, 0];
    const reader = createInventoryReader({
      ...registry,
      listRepository: async (repository, options) => {
        signals.add(options?.signal);
        return registry.listRepository(repository, options);
      },
      headManifest: async (repository, reference, options) => {
        signals.add(options?.signal);
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
        return registry.headManifest(repository, reference, options);
      },
    });
    const digests = Array.from({ length: 40 }, (_, at) => digest(at.toString(16).padStart(2, '0')));
    await reader.readSource(name, digests, signal);
    assert.equal(most, 16);
    assert.deepEqual([...signals], [signal]);
  });
});
