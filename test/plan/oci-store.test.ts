import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import { openOciStore } from '../../src/plan/oci-store.ts';
import { openPlanStore, storeRepository } from '../../src/plan/plan-store.ts';
import type { RepositoryName, Tag } from '../../src/reference.ts';
import { createMemoryPlanRegistry, type MemoryPlanRegistry } from '../support/memory-plan-registry.ts';
import { describePlanStore, hasCode } from './store-spec.ts';
import { digest, repository } from './support.ts';

const STORE = 'plans.example/promotions' as RepositoryName;
const bytes = new TextEncoder().encode('a plan');

describe('openOciStore', () => {
  let registry: MemoryPlanRegistry;

  describe('where tags can be deleted', () => {
    beforeEach(() => (registry = createMemoryPlanRegistry(true)));
    describePlanStore(async () => openOciStore(registry, STORE));
  });

  describe('where they cannot', () => {
    beforeEach(() => (registry = createMemoryPlanRegistry(false)));
    describePlanStore(async () => openOciStore(registry, STORE));
  });

  describe('in a registry with Google’s listing', () => {
    beforeEach(() => (registry = listingDigests(createMemoryPlanRegistry(false))));
    describePlanStore(async () => openOciStore(registry, STORE));
  });

  beforeEach(() => (registry = createMemoryPlanRegistry(true)));

  it('holds content without a name by manifests, many to one', async () => {
    const store = openOciStore(registry, STORE);
    const contents = Array.from({ length: 200 }, (_, index) => new TextEncoder().encode(`content ${index}`));
    const digests = await Promise.all(contents.map((content) => store.put(content)));
    const held = await layersIn(registry);
    assert.deepEqual(
      digests.filter((put) => !held.has(put)),
      [],
    );
    assert.ok(registry.count('putManifest') < 20, `${registry.count('putManifest')} manifests were written`);
  });

  it('fails what could not be held, and holds what comes after', async () => {
    const store = openOciStore(registry, STORE);
    registry.before = ({ name }) => {
      if (name === 'putManifest') throw new PromoterError('RegistryUnavailable', 'PUT: 503');
    };
    await assert.rejects(store.put(bytes), hasCode('StoreUnavailable'));
    registry.before = () => {};
    assert.ok((await layersIn(registry)).size === 0);
    const put = await store.put(bytes);
    assert.ok((await layersIn(registry)).has(put));
  });

  it('points to what it has just put by one request', async () => {
    const store = openOciStore(registry, STORE);
    const put = await store.put(bytes);
    const before = registry.calls.length;
    await store.point('runs/1/plan', put);
    assert.equal(registry.calls.length - before, 1);
  });

  it('tries an upload again that broke', async () => {
    let broken = 2;
    registry.before = ({ name }) => {
      if (name === 'putBlob' && broken-- > 0) throw new PromoterError('RegistryUnavailable', 'PUT: reset');
    };
    const store = openOciStore(registry, STORE);
    assert.deepEqual(Buffer.from(await store.get(await store.put(bytes))), Buffer.from(bytes));
  });

  it('gives an upload up that broke three times, and at once what no retry helps', async () => {
    for (const [error, uploads] of [
      [new PromoterError('RegistryUnavailable', 'PUT: reset'), 3],
      [new PromoterError('RegistryDenied', 'PUT: 403'), 1],
      [new TypeError('a mistake'), 1],
    ] as const) {
      registry = createMemoryPlanRegistry(true);
      registry.before = ({ name }) => {
        if (name === 'putBlob') throw error;
      };
      await assert.rejects(openOciStore(registry, STORE).put(bytes), (thrown: unknown) => {
        assert.equal(thrown instanceof PromoterError ? thrown.cause : thrown, error);
        return true;
      });
      assert.equal(registry.count('putBlob'), uploads, error.message);
    }
  });

  it('points to what it has just read by one request', async () => {
    const put = await openOciStore(registry, STORE).put(bytes);
    const store = openOciStore(registry, STORE);
    await store.get(put);
    const before = registry.calls.length;
    await store.point('runs/1/plan', put);
    assert.equal(registry.calls.length - before, 1);
  });

  it('leaves nothing in place of a name where tags can be deleted, and one mark for all where they cannot', async () => {
    for (const [deletes, uploads] of [
      [true, 1],
      [false, 2],
    ] as const) {
      registry = createMemoryPlanRegistry(deletes);
      const store = openOciStore(registry, STORE);
      const put = await store.put(bytes);
      for (const name of ['runs/1', 'runs/2', 'runs/3']) {
        await store.point(name, put);
        await store.remove(name);
      }
      assert.equal(registry.count('putBlob'), uploads);
      assert.deepEqual(await store.names('runs/'), []);
    }
  });

  it('says what it was doing', async () => {
    const put = await openOciStore(registry, STORE).put(bytes);
    registry.before = () => {
      throw new PromoterError('RegistryDenied', 'no');
    };
    const store = openOciStore(registry, STORE);
    registry.readBlob = registry.listRepository = registry.deleteTag = registry.before as () => never;
    const refused = {
      [`write to the plan store ${STORE}`]: () => store.put(bytes),
      [`read ${put} from the plan store ${STORE}`]: () => store.get(put),
      [`point runs/1 in the plan store ${STORE}`]: () => store.point('runs/1', put),
      [`remove runs/1 from the plan store ${STORE}`]: () => store.remove('runs/1'),
      [`list runs/ in the plan store ${STORE}`]: () => store.names('runs/'),
    };
    for (const [doing, call] of Object.entries(refused)) {
      await assert.rejects(call, (error: unknown) => {
        assert.ok(error instanceof PromoterError);
        assert.equal(error.message, `could not ${doing}: no`);
        assert.equal('retryAfterMs' in error && error.retryAfterMs !== undefined, false);
        return true;
      });
    }
  });

  it('believes nothing that is not what its digest says', async () => {
    const store = openOciStore(registry, STORE);
    const put = await store.put(bytes);
    registry.corrupt(put, new TextEncoder().encode('a trap'));
    await assert.rejects(store.get(put), hasCode('StoreCorrupt'));
  });

  it('believes no manifest under the tag of a name that is not of that name', async () => {
    const store = openOciStore(registry, STORE);
    await store.point('runs/1/plan', await store.put(bytes));
    const moved = await registry.getManifest(STORE, 'runsS1Splan' as Tag);
    assert.ok(moved !== undefined);
    registry.addManifest(STORE, moved, ['runsS2Splan' as Tag]);
    await assert.rejects(store.lookup('runs/2/plan'), hasCode('StoreCorrupt'));
    const name = { annotations: { 'dev.image-promoter.name': 'runs/3/plan' } };
    for (const document of ['{', 'null', '1', '[]', {}, name, { ...name, layers: [] }, { ...name, layers: [{}] }]) {
      registry.addManifest(STORE, { ...moved, bytes: encoded(document) }, ['runsS3Splan' as Tag]);
      await assert.rejects(store.lookup('runs/3/plan'), hasCode('StoreCorrupt'), JSON.stringify(document));
    }
    const layers = [{ digest: digest('a') }];
    for (const document of [{ layers }, { ...name, layers: [{ digest: 'sha256:short' }] }]) {
      registry.addManifest(STORE, { ...moved, bytes: encoded(document) }, ['runsS3Splan' as Tag]);
      await assert.rejects(store.lookup('runs/3/plan'), /was not written by it/);
    }
    registry.addManifest(STORE, { ...moved, bytes: encoded({ ...name, layers }) }, ['runsS3Splan' as Tag]);
    assert.equal(await store.lookup('runs/3/plan'), digest('a'));
  });

  it('says what the registry said when it cannot be used, and how long to wait', async () => {
    registry.before = () => {
      throw new PromoterError('RegistryThrottled', 'GET: 429', { retryAfterMs: 5000 });
    };
    await assert.rejects(openOciStore(registry, STORE).lookup('runs/1/plan'), (error: unknown) => {
      assert.ok(error instanceof PromoterError);
      assert.equal(error.code, 'StoreUnavailable');
      assert.equal(error.retryAfterMs, 5000);
      assert.equal(error.message, `could not look up runs/1/plan in the plan store ${STORE}: GET: 429`);
      return true;
    });
  });

  it('refuses to list more tags than a registry can be trusted to list', async () => {
    const tags = new Set(Array.from({ length: 10_000 }, (_, index) => `t${index}` as Tag));
    registry.listRepository = async () => ({ kind: 'names', tags });
    await assert.rejects(openOciStore(registry, STORE).names('runs/'), hasCode('StoreUnavailable'));
  });

  it('cannot point to what is not there', async () => {
    await assert.rejects(openOciStore(registry, STORE).point('runs/1/plan', digest('a')), hasCode('StoreCorrupt'));
  });
});

describe('openPlanStore', () => {
  it('opens a repository by its oci:// address', async () => {
    const registry = createMemoryPlanRegistry(true);
    const store = await openPlanStore(`oci://${STORE}`, () => registry);
    const put = await store.put(bytes);
    assert.ok(await registry.hasBlob(repository(STORE), put));
  });

  it('says what is wrong with an address', () => {
    assert.equal(storeRepository('/plans'), undefined);
    assert.throws(() => storeRepository('oci://plans.example'), hasCode('ConfigInvalid'));
    assert.throws(() => storeRepository('oci://plans.example/Plans'), hasCode('ConfigInvalid'));
  });
});

function encoded(document: unknown): Uint8Array {
  return new TextEncoder().encode(typeof document === 'string' ? document : JSON.stringify(document));
}

/** The digests of all layers that manifests with tags hold. */
async function layersIn(registry: MemoryPlanRegistry): Promise<ReadonlySet<string>> {
  const listing = await registry.listRepository(STORE);
  const tags = listing.kind === 'names' ? [...listing.tags] : [];
  const manifests = await Promise.all(tags.map((tag) => registry.getManifest(STORE, tag)));
  return new Set(
    manifests.flatMap((manifest) => {
      const { layers } = JSON.parse(new TextDecoder().decode(manifest?.bytes)) as { layers: { digest: string }[] };
      return layers.map((layer) => layer.digest);
    }),
  );
}

function listingDigests(registry: MemoryPlanRegistry): MemoryPlanRegistry {
  const plain = { ...registry };
  return Object.assign(registry, {
    listRepository: async (name: RepositoryName) => {
      const listing = await plain.listRepository(name);
      if (listing.kind === 'digests') return listing;
      const pairs = await Promise.all(
        [...listing.tags].map(
          async (tag) => [(await plain.headManifest(name, tag))?.digest ?? digest('0'), tag] as const,
        ),
      );
      const grouped = Map.groupBy(pairs, ([digest]) => digest);
      return {
        kind: 'digests',
        digests: new Map([...grouped].map(([digest, of]) => [digest, of.map(([, tag]) => tag)])),
      };
    },
  } as const);
}
