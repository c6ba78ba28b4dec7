import assert from 'node:assert/strict';
import type { Activities, FileActivities } from '../../src/activities/index.ts';
import { readingOf, writingOf } from '../../src/activities/writing.ts';
import { activitiesFor } from '../support/promotion-activities.ts';

const NOBODY = (): Promise<never> => assert.fail('nobody calls it');
const ALL: Activities & FileActivities = { ...activitiesFor(1), planFiles: NOBODY, promoteFiles: NOBODY };

describe('the halves of a worker', () => {
  it('writes, and does nothing else', () => {
    const names = Object.keys(writingOf(ALL)).sort();
    assert.deepEqual(names, [
      'assemblePlan',
      'attestShard',
      'planDestination',
      'promoteFiles',
      'promoteShard',
      'signShard',
    ]);
  });

  it('does all that needs no right to write', () => {
    const missing = Object.keys(ALL).filter((name) => !(name in readingOf(ALL)));
    assert.deepEqual(missing.sort(), ['attestShard', 'planDestination', 'promoteShard', 'signShard']);
  });
});
