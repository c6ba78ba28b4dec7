import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { PromoterError } from '../../src/errors.ts';
import type { Bucket } from '../../src/files/bucket.ts';
import { createBuckets } from '../../src/files/buckets.ts';
import { promoteFile } from '../../src/files/file-promotion.ts';
import type { FileTask, TaskOutcome, TaskRules } from '../../src/files/file-task.ts';
import { coded, contentOf, hashOf } from './bucket-contract.ts';

const RULES: TaskRules = { confirm: true, overwrite: false, skipMissing: false };

describe('promoting a file', () => {
  let folder: string;
  let source: Bucket;
  let destination: Bucket;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'promotion-'));
    const open = (name: string) => createBuckets({}).open(pathToFileURL(`${join(folder, name)}/`).href);
    [source, destination] = await Promise.all([open('source'), open('destination')]);
  });
  afterEach(() => rm(folder, { recursive: true }));

  function promote(rules: Partial<TaskRules> = {}, to = destination, sha256 = hashOf('right')): Promise<TaskOutcome> {
    const task: FileTask = { name: 'a/file', sha256, source: source.base, destination: to.base };
    return promoteFile(task, { source, destination: to }, { ...RULES, ...rules }, {});
  }

  async function content(): Promise<string | undefined> {
    const file = await destination.stat('a/file');
    return file && (await buffer(await destination.read(file))).toString();
  }

  it('copies it once', async () => {
    await source.write('a/file', contentOf('right'), 'nothing');
    assert.deepEqual(await promote({ confirm: false }), { kind: 'missing', bytes: 5 });
    assert.equal(await content(), undefined);
    assert.deepEqual(await promote(), { kind: 'copied', bytes: 5 });
    assert.equal(await content(), 'right');
    assert.deepEqual(await promote(), { kind: 'present' });
  });

  it('needs no source for what is there already', async () => {
    await destination.write('a/file', contentOf('right'), 'nothing');
    assert.deepEqual(await promote(), { kind: 'present' });
  });

  it('replaces a different file only when it is told to', async () => {
    await source.write('a/file', contentOf('right'), 'nothing');
    await destination.write('a/file', contentOf('other'), 'nothing');
    const outcome = await promote();
    assert.equal(outcome.kind === 'kept-back' && outcome.reason, 'differs');
    assert.equal(await content(), 'other');
    assert.deepEqual(await promote({ overwrite: true }), { kind: 'copied', bytes: 5 });
    assert.equal(await content(), 'right');
  });

  it('writes nothing of a source that was altered', async () => {
    await source.write('a/file', contentOf('wrong'), 'nothing');
    await assert.rejects(
      promote(),
      coded('DigestMismatch', /sha256 did not match for file file:.*destination\/a\/file/),
    );
    assert.equal(await content(), undefined);
  });

  it('refuses a source whose recorded hash is another, without reading it', async () => {
    await source.write('a/file', contentOf('wrong'), 'nothing');
    const recording = {
      ...source,
      stat: async () => ({ name: 'a/file', size: 5, version: '1', sha256: hashOf('wrong') }),
    };
    const task: FileTask = {
      name: 'a/file',
      sha256: hashOf('right'),
      source: source.base,
      destination: destination.base,
    };
    const ends = { source: recording, destination };
    const dry = { ...RULES, confirm: false };
    await assert.rejects(promoteFile(task, ends, dry, {}), coded('DigestMismatch', /as recorded there/));
  });

  it('looks again when somebody writes the same or something else meanwhile', async () => {
    await source.write('a/file', contentOf('right'), 'nothing');
    for (const [other, kind] of [
      ['right', 'present'],
      ['other', 'kept-back'],
    ] as const) {
      await rm(join(folder, 'destination'), { recursive: true, force: true });
      let raced = false;
      const racing: Bucket = {
        ...destination,
        async write(...write) {
          if (!raced) await destination.write('a/file', contentOf(other), 'nothing');
          raced = true;
          return destination.write(...write);
        },
      };
      assert.equal((await promote({}, racing)).kind, kind);
      assert.equal(await content(), other);
    }
  });

  it('gives up on a file that changes all the time', async () => {
    await source.write('a/file', contentOf('right'), 'nothing');
    let tries = 0;
    const changing: Bucket = {
      ...destination,
      write: async () => {
        tries += 1;
        throw new PromoterError('FileConflict', 'changed');
      },
    };
    await assert.rejects(promote({}, changing), coded('FileConflict'));
    assert.equal(tries, 3);
  });
});
