import assert from 'node:assert/strict';
import { createAllowance, waitFor } from '../../src/registry/copy-allowance.ts';

describe('an allowance', () => {
  it('hands out no more than there is, in the order of asking', async () => {
    const allowance = createAllowance(10);
    const granted: string[] = [];
    const first = await allowance.take(6);
    const large = allowance.take(5).then((giveBack) => (granted.push('large'), giveBack));
    const small = allowance.take(1).then((giveBack) => (granted.push('small'), giveBack));
    await new Promise(setImmediate);
    assert.deepEqual(granted, []);
    first();
    await Promise.all([large, small]);
    assert.deepEqual(granted, ['large', 'small']);
  });

  it('grants what is larger than all of it when nothing else is out', async () => {
    const allowance = createAllowance(10);
    const giveBack = await allowance.take(1000);
    giveBack();
    giveBack();
    await Promise.all([allowance.take(5), allowance.take(5)]);
  });

  it('lets those behind pass when a waiting one gives up', async () => {
    const allowance = createAllowance(10);
    await allowance.take(6);
    const impatient = new AbortController();
    const large = allowance.take(10, impatient.signal);
    const small = allowance.take(4);
    impatient.abort(new Error('enough'));
    await assert.rejects(large, /enough/);
    await small;
  });

  it('refuses who comes with an aborted signal', async () => {
    await assert.rejects(createAllowance(1).take(1, AbortSignal.abort(new Error('enough'))), /enough/);
  });
});

describe('waiting for a shared promise', () => {
  it('ends with the signal, and the promise goes on', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const impatient = new AbortController();
    const waiting = waitFor(promise, impatient.signal);
    impatient.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
    resolve('there');
    assert.equal(await waitFor(promise, new AbortController().signal), 'there');
  });
});
