import assert from 'node:assert/strict';
import { getEdges, putEdges } from '../../src/plan/document.ts';
import { getJson, putJson } from '../../src/plan/json-document.ts';
import { openOciStore } from '../../src/plan/oci-store.ts';
import { recordName, recordsOf, shardPart } from '../../src/plan/records.ts';
import type { PlanStore } from '../../src/plan/store.ts';
import type { RepositoryName } from '../../src/reference.ts';
import { createMemoryPlanRegistry } from '../support/memory-plan-registry.ts';
import { digest, repository, tag } from './support.ts';

const RUN = '0198C1D2-Run';

describe('records of a run', () => {
  let store: PlanStore;
  beforeEach(() => (store = openOciStore(createMemoryPlanRegistry(true), 'plans.test/p' as RepositoryName)));

  it('come back by kind and part, in the order of shards', async () => {
    const note = async (kind: 'judged' | 'residue', part: string) => {
      const put = await putJson(store, [kind, part]);
      await store.point(recordName(RUN, kind, part), put);
      return put;
    };
    const tenth = await note('judged', shardPart(10));
    const second = await note('judged', shardPart(2));
    const first = await note('residue', `1/${shardPart(0)}`);
    const later = await note('residue', `10/${shardPart(0)}`);
    assert.deepEqual(await recordsOf(store, RUN, 'judged'), [second, tenth]);
    assert.deepEqual(await recordsOf(store, RUN, 'residue', '1'), [first]);
    assert.deepEqual(await recordsOf(store, RUN, 'residue'), [first, later]);
    assert.deepEqual(await recordsOf(store, RUN, 'quarantine'), []);
    assert.deepEqual(await recordsOf(store, 'another', 'judged'), []);
    assert.deepEqual(await getJson(store, second), ['judged', '000002']);
  });

  it('leave out what went away while they were listed', async () => {
    const put = await putJson(store, {});
    await store.point(recordName(RUN, 'bare', '1'), put);
    const forgetful = { ...store, names: async () => [recordName(RUN, 'bare', '1'), recordName(RUN, 'bare', '2')] };
    assert.deepEqual(await recordsOf(forgetful, RUN, 'bare'), [put]);
  });

  it('hold edges one a line', async () => {
    const edge = { source: repository('s.test/a'), digest: digest('a'), destination: repository('d.test/a') };
    const edges = [{ ...edge, tag: tag('1') }, edge];
    const put = await putEdges(store, edges);
    assert.deepEqual(await getEdges(store, put), edges);
    assert.equal(new TextDecoder().decode(await store.get(put)).split('\n').length, 3);
    assert.deepEqual(await getEdges(store, await putEdges(store, [])), []);
  });
});
