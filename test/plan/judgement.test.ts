import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import type { Inventory, InventoryReader, SourceInventory } from '../../src/plan/inventory.ts';
import { judgeWishes } from '../../src/plan/judgement.ts';
import type { RepositoryName } from '../../src/reference.ts';
import type { ImageWish } from '../../src/plan/wish.ts';
import { digest, repository, tag } from './support.ts';

const SOURCE = repository('staging.test/app');
const ONE = repository('one.test/app');
const TWO = repository('two.test/app');

function readerOf(
  source: SourceInventory,
  held: Readonly<Record<string, Inventory | Error>> = {},
): InventoryReader & { readonly read: RepositoryName[] } {
  const read: RepositoryName[] = [];
  return {
    read,
    async readSource(name) {
      read.push(name);
      return source;
    },
    async readDestination(name) {
      read.push(name);
      const found = held[name] ?? { digests: new Set(), tags: new Map() };
      if (found instanceof Error) throw found;
      return found;
    },
  };
}

function holding(hex: string, ...tags: readonly string[]): Inventory {
  return { digests: new Set([digest(hex)]), tags: new Map(tags.map((one) => [tag(one), digest(hex)])) };
}

function wish(hex: string, ...tags: readonly string[]): ImageWish {
  return { source: SOURCE, destinations: [ONE, TWO], digests: [{ digest: digest(hex), tags: tags.map(tag) }] };
}

describe('judging wishes', () => {
  const source = { digests: new Set([digest('a')]) };

  it('names where an image is whole already beside where it is wanted, and nowhere twice', async () => {
    const reader = readerOf(source, { [ONE]: holding('a', '1', '2'), [TWO]: holding('a', '1') });
    const { groups, existing, verdicts } = await judgeWishes(reader, [wish('a', '1', '2')], {
      broken: [],
      existing: true,
    });
    const target = { repository: TWO, hasDigest: true };
    assert.deepEqual(groups, [
      { source: SOURCE, digest: digest('a'), targets: [{ ...target, tags: ['2'] }], settled: [ONE] },
    ]);
    assert.deepEqual(existing, [
      {
        source: SOURCE,
        digest: digest('a'),
        targets: [
          { ...target, repository: ONE, tags: ['1', '2'] },
          { ...target, tags: ['1'] },
        ],
      },
    ]);
    assert.deepEqual(verdicts, { done: 3, 'tag-missing': 1 });
    assert.deepEqual((await judgeWishes(reader, [wish('a', '1')], { broken: [] })).existing, []);
  });

  it('knows which attachments there may be, from what the source lists', async () => {
    const attached = async (more: Partial<SourceInventory>): Promise<unknown> => {
      const { groups } = await judgeWishes(readerOf({ ...source, ...more }), [wish('a', '1')], { broken: [] });
      return groups[0]?.attached;
    };
    const named = (...endings: readonly string[]) => new Set(endings.map((one) => `sha256-${'a'.repeat(64)}${one}`));
    assert.equal(await attached({}), undefined);
    assert.deepEqual(await attached({ attachments: new Set(), isClosed: true }), []);
    assert.deepEqual(await attached({ attachments: new Set(), isClosed: false }), ['referrers']);
    assert.deepEqual(await attached({ attachments: named('.sig'), isClosed: true }), ['.sig', 'referrers']);
    assert.deepEqual(await attached({ attachments: named('', '.att') }), ['', '.att', 'referrers']);
  });

  it('warns of what is promoted and no longer in its source', async () => {
    const reader = readerOf({ digests: new Set() }, { [ONE]: holding('a'), [TWO]: holding('a') });
    const { warnings, groups, quarantine } = await judgeWishes(reader, [wish('a')], { broken: [] });
    assert.equal(warnings.length, 2);
    assert.match(warnings[0] ?? '', /one\.test\/app@sha256:a+ is already promoted, .* please backfill it/);
    assert.deepEqual([groups, quarantine], [[], []]);
  });

  it('asks nothing of a host that is out of use, and keeps back what is for it', async () => {
    const reader = readerOf(source);
    const broken = [{ host: 'two.test', reason: 'RegistryDenied', message: 'two.test answered 403' }];
    const { groups, quarantine, verdicts } = await judgeWishes(reader, [wish('a', '1')], { broken });
    assert.deepEqual(reader.read.toSorted(), [ONE, SOURCE].toSorted());
    assert.deepEqual(
      groups.flatMap(({ targets }) => targets.map((target) => target.repository)),
      [ONE],
    );
    assert.deepEqual(
      quarantine.map(({ destination, tag, reason, message }) => [destination, tag, reason, message]),
      [[TWO, '1', 'unreadable', 'two.test answered 403']],
    );
    assert.deepEqual(verdicts, { promote: 1, unreadable: 1 });
  });

  it('keeps back what a destination that is down is to get of what the source has lost', async () => {
    const reader = readerOf({ digests: new Set() }, { [TWO]: new PromoterError('RegistryUnavailable', 'it is down') });
    const { groups, quarantine } = await judgeWishes(reader, [wish('a', '1')], { broken: [] });
    assert.deepEqual(groups, []);
    assert.deepEqual(
      quarantine.map(({ destination, reason }) => [destination, reason]),
      [
        [ONE, 'lost'],
        [TWO, 'unreadable'],
      ],
    );
  });

  it('fails with what is no answer of a registry, or when its caller stops', async () => {
    const mistake = new TypeError('a mistake');
    const wishes = [wish('a', '1')];
    await assert.rejects(judgeWishes(readerOf(source, { [ONE]: mistake }), wishes, { broken: [] }), mistake);
    const stopping = new AbortController();
    const stop = new Error('enough');
    const reader = readerOf(source, { [ONE]: new PromoterError('RegistryUnavailable', 'it is down') });
    const onRead = (): void => stopping.abort(stop);
    await assert.rejects(judgeWishes(reader, wishes, { broken: [], signal: stopping.signal, onRead }), stop);
  });
});
