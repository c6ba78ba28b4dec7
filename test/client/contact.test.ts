import assert from 'node:assert/strict';
import { STILL } from '../../src/client/run-pulse.ts';
import { watchContact, type Look } from '../../src/client/contact.ts';
import { sampleReport } from './sample-report.ts';

const ANSWERED: Look = { running: true, report: sampleReport(), setbacks: [], pulse: STILL };
const NO_WORKER: Look = { running: true, report: undefined, setbacks: [], pulse: STILL };

function watch(server: 'outside' | 'own' | 'borrowed') {
  const notes: string[] = [];
  const clock = { seconds: 0 };
  const contact = watchContact(
    { address: 'temporal:7233', server },
    (note) => notes.push(note),
    () => clock.seconds * 1000,
  );
  const at = (seconds: number, look: Look | undefined): void => {
    clock.seconds = seconds;
    contact.record(look);
  };
  return { notes, at };
}

describe('contact with a run', () => {
  it('that is good says nothing', () => {
    const { notes, at } = watch('outside');
    at(0, ANSWERED);
    at(100, { running: false });
    assert.deepEqual(notes, []);
  });

  it('says once that the server is gone, and when it is back', () => {
    const { notes, at } = watch('outside');
    for (const second of [0, 1, 300]) at(second, undefined);
    at(301, ANSWERED);
    assert.deepEqual(notes, ['lost the Temporal server at temporal:7233; trying again', 'the Temporal server is back']);
  });

  it('gives up after ten minutes', () => {
    const { at } = watch('own');
    at(0, undefined);
    at(600, undefined);
    assert.throws(() => at(601, undefined), { code: 'TemporalUnavailable' });
  });

  it('gives a borrowed server up at once', () => {
    const { at } = watch('borrowed');
    assert.throws(() => at(0, undefined), { code: 'TemporalUnavailable' });
  });

  it('says once how to start a worker where none answers for a while', () => {
    const { notes, at } = watch('outside');
    at(0, NO_WORKER);
    at(14, NO_WORKER);
    assert.deepEqual(notes, []);
    at(15, NO_WORKER);
    at(16, NO_WORKER);
    at(17, ANSWERED);
    assert.deepEqual(notes, [
      'no worker answers; start one with: TEMPORAL_ADDRESS=temporal:7233 promoter worker',
      'a worker answers again',
    ]);
  });
});
