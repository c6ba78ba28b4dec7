import assert from 'node:assert/strict';
import { takeWriter } from '../../src/workflows/writer.ts';

describe('writer lease', () => {
  const { writer: held } = takeWriter(undefined, { workflowId: 'one' }, 0);

  it('goes to one run at a time, and says which', () => {
    const { writer, answer } = takeWriter(held, { workflowId: 'two' }, 1_000);
    assert.deepEqual(answer, { granted: false, until: held.until, holder: 'one' });
    assert.equal(writer, held);
  });

  it('is kept for longer by the run that has it', () => {
    const { writer, answer } = takeWriter(held, { workflowId: 'one' }, 1_000);
    assert.deepEqual(answer, { granted: true, until: held.until + 1_000 });
    assert.equal(writer.workflowId, 'one');
  });

  it('ends by itself', () => {
    assert.equal(takeWriter(held, { workflowId: 'two' }, held.until - 1).answer.granted, false);
    assert.equal(takeWriter(held, { workflowId: 'two' }, held.until).answer.granted, true);
  });

  it('lasts for days while the run that has it waits for people, and as long as ever when it works again', () => {
    const resting = takeWriter(held, { workflowId: 'one', atRest: true }, 1_000);
    assert.ok(resting.answer.until > 2 * 24 * 60 * 60_000);
    assert.equal(takeWriter(resting.writer, { workflowId: 'two' }, held.until).answer.granted, false);
    assert.deepEqual(takeWriter(resting.writer, { workflowId: 'one' }, 0).answer, { granted: true, until: held.until });
  });

  it('goes from a run that has ended to the next, and not from one that got it meanwhile', () => {
    assert.equal(takeWriter(held, { workflowId: 'two', insteadOf: 'one' }, 1_000).answer.granted, true);
    const { answer } = takeWriter(held, { workflowId: 'two', insteadOf: 'zero' }, 1_000);
    assert.equal(answer.granted, false);
  });
});
