import assert from 'node:assert/strict';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';
import type { Descriptor, Registry, RepositoryListing } from '../../src/registry/registry.ts';
import { findGap, isClosed, type GapRequest } from '../../src/signing/signature-gap.ts';
import { signatureSetOf, type Referrer } from '../../src/signing/signature-set.ts';
import { openSourceSignatures } from '../../src/signing/source-signatures.ts';

const SOURCE = 'a.test/app' as RepositoryName;
const MIRROR = 'b.test/app' as RepositoryName;
const digest = (letter: string): Digest => `sha256:${letter.repeat(64)}` as Digest;
const sig = (letter: string): Tag => `sha256-${letter.repeat(64)}.sig` as Tag;

type Content = Readonly<Record<string, Digest>>;

/** Two repositories by what their tags point to, and what refers to what in them. */
function registryOf(
  tags: { readonly source: Content; readonly mirror: Content },
  listing: { readonly source: RepositoryListing['kind']; readonly mirror: RepositoryListing['kind'] },
  referrers: { readonly source: readonly Referrer[]; readonly mirror: readonly Referrer[] } = {
    source: [],
    mirror: [],
  },
  damaged: ReadonlySet<string> = new Set(),
) {
  const calls: string[] = [];
  const side = (repository: RepositoryName): 'source' | 'mirror' => (repository === SOURCE ? 'source' : 'mirror');
  const registry: Pick<Registry, 'listRepository' | 'headManifest' | 'listReferrers' | 'getManifest' | 'openBlob'> = {
    async listRepository(repository) {
      calls.push(`list ${side(repository)}`);
      const content = Object.entries(tags[side(repository)]) as [Tag, Digest][];
      if (listing[side(repository)] === 'names') return { kind: 'names', tags: new Set(content.map(([tag]) => tag)) };
      const digests = new Map<Digest, readonly Tag[]>(content.map(([tag, found]) => [found, [tag]]));
      for (const one of referrers[side(repository)]) digests.set(one.digest, []);
      return { kind: 'digests', digests };
    },
    async headManifest(repository, reference) {
      calls.push(`head ${side(repository)}`);
      const found = tags[side(repository)][reference];
      return found === undefined ? undefined : { digest: found, mediaType: 'x', size: 1 };
    },
    async listReferrers(repository, subject) {
      calls.push(`referrers ${side(repository)}`);
      return referrers[side(repository)].filter((one) => one.subject === subject) as unknown as Descriptor[];
    },
    async getManifest(repository, reference) {
      calls.push(`get ${side(repository)}`);
      if (repository === MIRROR && damaged.has(reference)) return undefined;
      return { digest: reference as Digest, mediaType: 'x', bytes: Buffer.from('{}') };
    },
    openBlob: () => assert.fail('these manifests have no blobs'),
  };
  return { registry, calls };
}

async function gapOf(fixture: ReturnType<typeof registryOf>, known: readonly Referrer[], change: Partial<GapRequest>) {
  const set = signatureSetOf(await fixture.registry.listRepository(SOURCE));
  const images = async (): Promise<readonly Digest[]> => [digest('a'), digest('b')];
  const source = openSourceSignatures(fixture.registry, { repository: SOURCE, set, referrers: known, images });
  fixture.calls.length = 0;
  return findGap(fixture.registry, source, {
    mirror: MIRROR,
    probe: false,
    reads: () => [],
    wants: () => true,
    accepted: {},
    ...change,
  });
}

const BOTH = { source: 'digests', mirror: 'digests' } as const;
const NAMES = { source: 'names', mirror: 'names' } as const;
const ONE: Referrer = { digest: digest('9'), subject: digest('a') };

describe('signature gap', () => {
  it('is found by the mirror’s listing alone where listings tell digests', async () => {
    const tags = {
      source: { [sig('a')]: digest('1'), [sig('b')]: digest('2'), [sig('c')]: digest('3') },
      mirror: { [sig('a')]: digest('1'), [sig('b')]: digest('8'), [sig('d')]: digest('4') },
    };
    const fixture = registryOf(tags, BOTH, { source: [ONE], mirror: [] });
    const gap = await gapOf(fixture, [ONE], {});
    assert.deepEqual(gap, {
      mirror: MIRROR,
      missing: [sig('c')],
      differing: [sig('b')],
      referrers: [ONE],
      damaged: [],
      present: [{ digest: digest('1'), subject: digest('a'), tag: sig('a') }],
      read: [],
      surplus: [sig('d')],
      compared: true,
    });
    assert.deepEqual(fixture.calls, ['list mirror']);
  });

  it('leaves out what the mirror is not to have, and differences that were accepted', async () => {
    const tags = {
      source: { [sig('a')]: digest('1'), [sig('b')]: digest('2') },
      mirror: { [sig('b')]: digest('8') },
    };
    const accepted = { [sig('b')]: [digest('2'), digest('8')] as const };
    const wants = (subject: Digest): boolean => subject !== digest('a');
    assert.ok(isClosed(await gapOf(registryOf(tags, BOTH), [], { accepted, wants })));
    const moved = { ...tags, source: { [sig('b')]: digest('3') } };
    assert.deepEqual((await gapOf(registryOf(moved, BOTH), [], { accepted, wants })).differing, [sig('b')]);
  });

  it('is known by names alone until somebody probes', async () => {
    const tags = { source: { [sig('a')]: digest('1') }, mirror: { [sig('a')]: digest('8') } };
    const quick = registryOf(tags, NAMES, { source: [ONE], mirror: [] });
    const unprobed = await gapOf(quick, [], {});
    assert.deepEqual([isClosed(unprobed), unprobed.compared], [true, false]);
    assert.deepEqual(quick.calls, ['list mirror']);
    const thorough = registryOf(tags, NAMES, { source: [ONE], mirror: [] });
    const probed = await gapOf(thorough, [], { probe: true });
    assert.deepEqual([probed.differing, probed.referrers, probed.compared], [[sig('a')], [ONE], true]);
  });

  it('is closed where nothing at all is missing, differs or is damaged', () => {
    const closed = { missing: [], differing: [], referrers: [], damaged: [] };
    assert.ok(isClosed(closed));
    const one = [{}];
    for (const field of ['missing', 'differing', 'referrers', 'damaged'] as const) {
      assert.ok(!isClosed({ ...closed, [field]: one }), field);
      for (const other of ['missing', 'differing', 'referrers', 'damaged'] as const) {
        assert.ok(!isClosed({ ...closed, [field]: one, [other]: one }), `${field} and ${other}`);
      }
    }
  });

  it('looks for referrers of a digest whose signature is missing', async () => {
    const fixture = registryOf({ source: { [sig('a')]: digest('1') }, mirror: {} }, NAMES, {
      source: [ONE],
      mirror: [],
    });
    const gap = await gapOf(fixture, [], {});
    assert.deepEqual([gap.missing, gap.referrers], [[sig('a')], [ONE]]);
  });

  it('reads back what it is told to of what is the same on both sides, and nothing else', async () => {
    const tags = {
      source: { [sig('a')]: digest('1'), [sig('b')]: digest('2'), [sig('c')]: digest('3') },
      mirror: { [sig('a')]: digest('1'), [sig('b')]: digest('8') },
    };
    const both = { source: [ONE], mirror: [ONE] };
    const fixture = registryOf(tags, BOTH, both, new Set([digest('1')]));
    const gap = await gapOf(fixture, [ONE], { reads: (present) => present });
    const root = { digest: digest('1'), subject: digest('a'), tag: sig('a') };
    assert.deepEqual(gap.damaged, [{ root, manifests: [digest('1')], blobs: [] }]);
    assert.deepEqual(gap.read, [root, ONE]);
    assert.ok(!isClosed(gap));
    assert.deepEqual(fixture.calls.toSorted(), ['get mirror', 'get mirror', 'get source', 'list mirror']);
    const referrersOnly = await gapOf(registryOf(tags, BOTH, both, new Set([digest('1')])), [ONE], {
      reads: (present) => present.filter(({ tag }) => tag === undefined),
    });
    assert.deepEqual([referrersOnly.present, referrersOnly.read, referrersOnly.damaged], [[root, ONE], [ONE], []]);
  });
});
