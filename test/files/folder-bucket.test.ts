import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bucket } from '../../src/files/bucket.ts';
import { createBuckets } from '../../src/files/buckets.ts';
import { coded, contentOf, itKeepsTheContract, namesIn } from './bucket-contract.ts';

describe('a folder as a bucket', () => {
  let folder: string;
  const buckets = createBuckets({});
  const open = (base: string): Promise<Bucket> => buckets.open(base);
  const baseOf = (path: string): string => pathToFileURL(`${path}/`).href;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bucket-'));
  });
  after(() => rm(folder, { recursive: true }));

  itKeepsTheContract(() => ({ open, base: baseOf(folder), records: false }));

  it('leaves no temporary file behind and lists none', async () => {
    const path = join(folder, 'hidden');
    const bucket = await open(baseOf(path));
    await assert.rejects(bucket.write('a/b', contentOf('x', 'y'), 'nothing'), coded('DigestMismatch'));
    await bucket.write('a/c', contentOf('x'), 'nothing');
    assert.deepEqual(await readdir(join(path, 'a')), ['c']);
    await writeFile(join(path, 'a', '.promoter-left-by-a-kill'), '');
    assert.deepEqual(await namesIn(bucket), ['a/c']);
  });

  it('follows links to files, not to folders', async () => {
    const path = join(folder, 'links');
    const bucket = await open(baseOf(path));
    await bucket.write('a/file', contentOf('x'), 'nothing');
    await symlink(path, join(path, 'a', 'round'));
    await symlink(join(path, 'a', 'file'), join(path, 'also'));
    await symlink('nowhere', join(path, 'dangling'));
    assert.deepEqual(await namesIn(bucket), ['a/file', 'also']);
  });

  it('never leaves its folder', async () => {
    const bucket = await open(baseOf(join(folder, 'inside')));
    for (const name of ['../out', '/etc/passwd', 'a/../../out', 'a//b', '', '.', 'a\\b']) {
      await assert.rejects(bucket.write(name, contentOf('x'), 'nothing'), coded('BucketRefused'));
      await assert.rejects(bucket.stat(name), coded('BucketRefused'));
    }
  });

  it('says where a folder stands in the way', async () => {
    const bucket = await open(baseOf(join(folder, 'kinds')));
    await bucket.write('a', contentOf('x'), 'nothing');
    await assert.rejects(
      bucket.write('a/b', contentOf('x'), 'nothing'),
      coded('BucketRefused', /write file:.*kinds\/a\/b/),
    );
  });
});
