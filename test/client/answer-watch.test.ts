import assert from 'node:assert/strict';
import { attendAnswer } from '../../src/client/answer-watch.ts';
import type { Look } from '../../src/client/contact.ts';
import { STILL } from '../../src/client/run-pulse.ts';
import { sampleReport } from './sample-report.ts';

const SETBACK = { activity: 'planDestination', attempt: 2, attempts: 3, message: 'mirror.example does not answer' };
const BUSY: Look = { running: true, report: sampleReport(), setbacks: [SETBACK], pulse: STILL };

/** Looks at a run whose answer comes with the last look. */
function attend(looks: readonly (Look | undefined)[], answer: Promise<string> | undefined) {
  const notes: string[] = [];
  const recorded: (Look | undefined)[] = [];
  const { promise, resolve } = Promise.withResolvers<string>();
  const result = attendAnswer(answer ?? promise, {
    everyMs: 1,
    onNote: (note) => notes.push(note),
    record: (look) => recorded.push(look),
    look: async () => {
      if (recorded.length === looks.length - 1) resolve('paused');
      return looks[recorded.length];
    },
  });
  return { result, notes, recorded };
}

describe('waiting for the answer of a run', () => {
  it('says nothing of one that is there at once', async () => {
    const { result, notes, recorded } = attend([], Promise.resolve('paused'));
    assert.equal(await result, 'paused');
    assert.deepEqual([notes, recorded], [[], []]);
  });

  it('looks whether server and workers are there, and says once what is being tried again', async () => {
    const looks = [undefined, BUSY, BUSY, { running: false } as const];
    const { result, notes, recorded } = attend(looks, undefined);
    assert.equal(await result, 'paused');
    assert.deepEqual(recorded.slice(0, 3), looks.slice(0, 3));
    assert.deepEqual(notes, ['planDestination: attempt 2 of 3, since mirror.example does not answer']);
  });

  it('hands on a refusal, and gives up when whoever records the looks does', async () => {
    await assert.rejects(attend([], Promise.reject(new Error('refused'))).result, /^Error: refused$/);
    const lost = attendAnswer(new Promise(() => undefined), {
      everyMs: 1,
      onNote: () => undefined,
      look: async () => undefined,
      record: () => {
        throw new Error('lost the server');
      },
    });
    await assert.rejects(lost, /^Error: lost the server$/);
  });
});
