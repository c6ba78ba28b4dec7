import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { StoredFile } from '../../src/files/bucket.ts';
import { shardsOf, surveyFiles, type OpenTask } from '../../src/files/file-survey.ts';
import type { FileTask, TaskRules } from '../../src/files/file-task.ts';
import { hashOf } from './bucket-contract.ts';

const RULES: TaskRules = { confirm: true, overwrite: false, skipMissing: false };
const [RIGHT, WRONG] = [hashOf('right'), hashOf('wrong')];

function task(name: string): FileTask {
  return { name, sha256: RIGHT, source: 's3://source/', destination: 'gs://destination/' };
}

function files(listed: Readonly<Record<string, StoredFile['sha256'] | null>>): ReadonlyMap<string, StoredFile> {
  const entries = Object.entries(listed).map(([name, sha256]): [string, StoredFile] => {
    return [name, { name, size: 5, version: '1', ...(sha256 && { sha256 }) }];
  });
  return new Map(entries);
}

describe('a survey of files', () => {
  const names = ['new', 'same', 'differs', 'unknown', 'lost', 'same-but-gone', 'unknown-and-gone'];
  const source = files({ new: null, same: null, differs: null, unknown: null });
  const destination = files({
    same: RIGHT,
    differs: WRONG,
    unknown: null,
    'same-but-gone': RIGHT,
    'unknown-and-gone': null,
  });

  function survey(rules: TaskRules): Readonly<Record<string, string>> {
    const { open, settled } = surveyFiles(names.map(task), source, destination, rules);
    const kinds = settled.map((result) => [result.name, 'reason' in result ? result.reason : result.kind]);
    return Object.fromEntries([...open.map(({ name, bytes }) => [name, `open, ${bytes} bytes`]), ...kinds]);
  }

  const SURE = { new: 'open, 5 bytes', same: 'present', unknown: 'open, 5 bytes' };
  const GONE = { 'same-but-gone': 'present', 'unknown-and-gone': 'open, 0 bytes' };

  it('settles what listings tell, and leaves open what has to be looked at', () => {
    assert.deepEqual(survey(RULES), { ...SURE, ...GONE, differs: 'differs', lost: 'lost' });
  });

  it('leaves open what is to be replaced, and skips what may be missing', () => {
    const expected = { ...SURE, ...GONE, differs: 'open, 5 bytes', lost: 'skipped' };
    assert.deepEqual(survey({ ...RULES, overwrite: true, skipMissing: true }), expected);
  });

  it('says what is lost and what differs, and what should be there', () => {
    const messages = surveyFiles(names.map(task), source, destination, RULES).settled.flatMap((result) =>
      result.kind === 'kept-back' ? [result.message] : [],
    );
    assert.deepEqual(messages, [
      `gs://destination/differs exists with sha256 ${WRONG}, but should have ${RIGHT}; it was not replaced (--overwrite does that)`,
      `s3://source/lost does not exist; it should have sha256 ${RIGHT}`,
    ]);
  });

  it('is cut into shards that hold everything once, in order, and neither too much nor too many', () => {
    const sizes = fc.array(fc.nat(50));
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 100 }), (bytes, most, mostBytes) => {
        const tasks = bytes.map((size, index): OpenTask => ({ ...task(`f${index}`), bytes: size }));
        const shards = shardsOf(tasks, most, mostBytes);
        assert.deepEqual(shards.flat(), tasks);
        for (const shard of shards) {
          const sum = shard.reduce((total, one) => total + one.bytes, 0);
          assert.ok(shard.length > 0 && shard.length <= most && (sum <= mostBytes || shard.length === 1));
        }
      }),
    );
  });
});
