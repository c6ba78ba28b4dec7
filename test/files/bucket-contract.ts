import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { ErrorCode } from '../../src/errors.ts';
import type { Bucket, FileContent, StoredFile } from '../../src/files/bucket.ts';
import type { Sha256 } from '../../src/files/sha256.ts';

/** What a bucket is tried with; `base` ends in a slash and has nothing below it. */
export interface BucketTrial {
  readonly open: (base: string) => Promise<Bucket>;
  readonly base: string;
  /** Whether it keeps a hash with a file. */
  readonly records: boolean;
}

/** Some bytes, as a bucket takes them. */
export function contentOf(bytes: Uint8Array | string, promised: Uint8Array | string = bytes): FileContent {
  return {
    size: Buffer.byteLength(bytes),
    sha256: hashOf(promised),
    open: async () => Readable.from(piecesOf(Buffer.from(bytes)), { objectMode: false }),
  };
}

/** The hash of some bytes. */
export function hashOf(bytes: Uint8Array | string): Sha256 {
  return createHash('sha256').update(bytes).digest('hex') as Sha256;
}

/** The names that a bucket lists, in order. */
export async function namesIn(bucket: Bucket): Promise<readonly string[]> {
  return (await filesIn(bucket)).map(({ name }) => name).toSorted();
}

async function filesIn(bucket: Bucket): Promise<readonly StoredFile[]> {
  const files: StoredFile[] = [];
  for await (const file of bucket.list()) files.push(file);
  return files;
}

/** Declares the tests that every kind of bucket has to pass. */
export function itKeepsTheContract(trial: () => BucketTrial): void {
  let count = 0;
  let bucket: Bucket;

  beforeEach(async () => {
    bucket = await trial().open(`${trial().base}trial-${count++}/below/`);
  });

  for (const [size, bytes] of [
    ['an empty', Buffer.alloc(0)],
    ['a small', Buffer.from('content')],
    ['a large', randomBytes(20 * 1024 * 1024 + 7)],
  ] as const) {
    it(`gives ${size} file back as it was written`, async () => {
      await bucket.write('v1.0/tool', contentOf(bytes), 'nothing');
      const file = await existing(bucket, 'v1.0/tool');
      assert.equal(file.size, bytes.length);
      assert.equal(file.sha256, trial().records ? hashOf(bytes) : undefined);
      assert.equal(hashOf(await buffer(await bucket.read(file))), hashOf(bytes));
      const [listed, ...others] = await filesIn(bucket);
      assert.equal(others.length, 0);
      assert.deepEqual([listed?.name, listed?.size, listed?.version], ['v1.0/tool', bytes.length, file.version]);
    });
  }

  it('lists what is below its base and nothing else', async () => {
    for (const name of ['a', 'b/c d', 'b/é+%20&?']) await bucket.write(name, contentOf(name), 'nothing');
    assert.deepEqual(await namesIn(bucket), ['a', 'b/c d', 'b/é+%20&?']);
    assert.deepEqual(await namesIn(await trial().open(`${bucket.base}b/`)), ['c d', 'é+%20&?']);
    assert.deepEqual(await namesIn(await trial().open(`${bucket.base}none/`)), []);
    assert.equal(await bucket.stat('b'), undefined);
    assert.equal(await bucket.stat('a/b'), undefined);
  });

  it('shows nothing of a file that is not what was promised', async () => {
    for (const bytes of [Buffer.from('other'), randomBytes(20 * 1024 * 1024)]) {
      const writing = bucket.write('file', contentOf(bytes, 'promised'), 'nothing');
      await assert.rejects(writing, coded('DigestMismatch', /sha256 did not match for file .*below\/file/));
    }
    assert.deepEqual(await namesIn(bucket), []);
  });

  it('shows nothing of a file whose source breaks off', async () => {
    for (const size of [10, 20 * 1024 * 1024]) {
      const broken = async function* (): AsyncGenerator<Uint8Array> {
        yield randomBytes(size);
        throw new Error('the source is gone');
      };
      const content = { size: size * 2, open: async () => Readable.from(broken(), { objectMode: false }) };
      await assert.rejects(bucket.write('file', content, 'nothing'), coded('BucketUnavailable', /the source is gone/));
    }
    assert.deepEqual(await namesIn(bucket), []);
  });

  it('stops writing when it is told to', async () => {
    const stop = new AbortController();
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (let sent = 0; ; sent++) {
        if (sent === 100) stop.abort(new Error('told to stop'));
        yield randomBytes(256 * 1024);
      }
    };
    const content = { size: 2 ** 40, open: async () => Readable.from(endless(), { objectMode: false }) };
    await assert.rejects(bucket.write('file', content, 'nothing', { signal: stop.signal }), /told to stop/);
    assert.deepEqual(await namesIn(bucket), []);
  });

  it('replaces only the version that it was told to', async () => {
    await bucket.write('file', contentOf('first'), 'nothing');
    await assert.rejects(bucket.write('file', contentOf('second'), 'nothing'), coded('FileConflict'));
    const first = await existing(bucket, 'file');
    await bucket.write('file', contentOf('second, longer'), { version: first.version });
    await assert.rejects(bucket.write('file', contentOf('third'), { version: first.version }), coded('FileConflict'));
    await assert.rejects(bucket.read(first), coded('SourceLost'));
    const second = await existing(bucket, 'file');
    assert.equal((await buffer(await bucket.read(second))).toString(), 'second, longer');
  });

  it('cannot read a file that is not there', async () => {
    await assert.rejects(bucket.read({ name: 'none', version: '1' }), coded('SourceLost', /below\/none/));
  });
}

/** Checks an error's code and, if asked to, its message. */
export function coded(code: ErrorCode, message = /./): (error: unknown) => boolean {
  return (error) => {
    const { code: got, message: text } = error as { code?: unknown; message: string };
    assert.equal(got, code, text);
    assert.match(text, message);
    return true;
  };
}

async function existing(bucket: Bucket, name: string): Promise<StoredFile> {
  const file = await bucket.stat(name);
  assert.ok(file, `${name} is not there`);
  return file;
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += 65_536) yield bytes.subarray(start, start + 65_536);
}
