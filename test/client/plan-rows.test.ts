import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPlanRows, renderPlan } from '../../src/client/plan-rows.ts';
import { putDocument, type Group } from '../../src/plan/document.ts';
import { openFolderStore } from '../../src/plan/folder-store.ts';
import type { PlanStore } from '../../src/plan/store.ts';
import type { Digest, RepositoryName, Tag } from '../../src/reference.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}` as Digest;

function group(image: string, tags: readonly string[], hasDigest = false): Group {
  const target = { repository: `mirror.example/${image}` as RepositoryName, tags: tags as readonly Tag[], hasDigest };
  return { source: `staging.example/${image}` as RepositoryName, digest: DIGEST, targets: [target] };
}

describe('the rows of a plan', () => {
  let folder: string;
  let store: PlanStore;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plan-rows-'));
    store = await openFolderStore(folder);
  });
  after(() => rm(folder, { recursive: true }));

  async function plan(...shards: readonly (readonly Group[])[]): Promise<Digest> {
    const digests: Digest[] = [];
    for (const groups of shards) digests.push(await putDocument(store, { groups }));
    return putDocument(store, { shards: digests });
  }

  it('are its edges, over all shards', async () => {
    const digest = await plan([group('a', ['v1', 'v2'])], [group('b', [], false), group('c', ['v1'], true)]);
    const short = [];
    for await (const { source, tag, verdict } of readPlanRows(store, digest)) short.push([source, tag, verdict]);
    assert.deepEqual(short, [
      ['staging.example/a', 'v1', 'promote'],
      ['staging.example/a', 'v2', 'promote'],
      ['staging.example/b', undefined, 'promote'],
      ['staging.example/c', 'v1', 'tag-missing'],
    ]);
  });

  it('are shown as a table, the first of them', async () => {
    const digest = await plan([group('a', ['v1', 'v2', 'v3'])]);
    const table = await renderPlan(readPlanRows(store, digest), 3, { limit: 2 });
    assert.equal(
      table,
      `SOURCE             DIGEST        DESTINATION       TAG  VERDICT
staging.example/a  0123456789ab  mirror.example/a  v1   promote
staging.example/a  0123456789ab  mirror.example/a  v2   promote
… and 1 more edge (--json prints all)
`,
    );
  });

  it('are nothing where there is nothing to do', async () => {
    assert.equal(await renderPlan(readPlanRows(store, await plan()), 0, { limit: 2 }), '');
  });
});
