import assert from 'node:assert/strict';
import { Worker } from '@temporalio/worker';
import type { HistoryCase } from '../support/histories/case.ts';
import { readHistories, type KeptHistory } from '../support/histories/kept.ts';
import { otherCases } from '../support/histories/others.ts';
import { promotionCases } from '../support/histories/promotions.ts';
import { steeredPromotionCases } from '../support/histories/steered-promotions.ts';
import { bundleWorkflows } from '../support/temporal.ts';
import * as workflows from '../../src/workflows/index.ts';

const nameOf = ({ workflow, case: name, run }: KeptHistory): string => `${workflow}/${name}, run ${run}`;
const caseOf = ({ workflow, name }: HistoryCase): string => `${workflow}/${name}`;

/** Every text in a history, those in payloads included. */
function textsOf(history: KeptHistory['history']): readonly string[] {
  const texts: string[] = [];
  JSON.stringify(history, (key, value: unknown) => {
    if (typeof value === 'string') texts.push(key === 'data' ? Buffer.from(value, 'base64').toString() : value);
    return value;
  });
  return texts;
}

describe('recorded histories', function () {
  this.timeout('60s');
  let kept: readonly KeptHistory[];
  before(async () => {
    kept = await readHistories();
  });

  it('are there for every workflow and every case, and for no other', () => {
    const cases = [...promotionCases(), ...steeredPromotionCases(), ...otherCases()].map(caseOf);
    const found = new Set(kept.map(({ workflow, case: name }) => `${workflow}/${name}`));
    assert.deepEqual([...found].sort(), cases.sort(), 'npm run histories records what is missing');
    assert.deepEqual([...new Set(kept.map(({ workflow }) => workflow))].sort(), Object.keys(workflows).sort());
  });

  it('have the next run where the workflow continued as new', () => {
    const continued = kept.filter(({ case: name }) => name === 'continued-as-new');
    const again = continued.filter(({ run }) => run === 2).map(({ workflow }) => workflow);
    assert.deepEqual(
      again.sort(),
      Object.keys(workflows)
        .filter((name) => name !== 'notification')
        .sort(),
    );
  });

  it('can be gone on with by the workflows as they are now', async () => {
    // A run names its children after itself.
    const histories = kept.map(({ workflow, case: name, history }) => ({ workflowId: `${workflow}/${name}`, history }));
    const results = Worker.runReplayHistories({ workflowBundle: await bundleWorkflows() }, histories);
    const broken: string[] = [];
    let replayed = 0;
    for await (const { workflowId, error } of results) {
      replayed++;
      if (error !== undefined) broken.push(`${workflowId}: ${error.message}`);
    }
    assert.equal(replayed, kept.length);
    assert.deepEqual(broken, [], 'give the change a patch; see CONTRIBUTING');
  });

  it('tell when a workflow does something else than it did', async () => {
    const other = structuredClone(kept.find((one) => nameOf(one) === 'promotion/done, run 1')?.history);
    const scheduled = other?.events.find((event) => JSON.stringify(event).includes('"draftPlan"'));
    Object.assign(scheduled as object, JSON.parse(JSON.stringify(scheduled).replace('draftPlan', 'judgeShard')));
    const replay = Worker.runReplayHistory({ workflowBundle: await bundleWorkflows() }, other);
    await assert.rejects(replay, /draftPlan|judgeShard/);
  });

  it('name nothing of the machine that they were recorded on', () => {
    const machine = /(?:^|[\s("'])(?:file:\/\/)?(?:\/[\w.+-]+){2,}\.(?:[cm]?[jt]s)\b|^\d+@|node_modules/;
    for (const one of kept) {
      const found = textsOf(one.history).filter((text) => machine.test(text));
      assert.deepEqual(found, [], nameOf(one));
    }
  });
});
