import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { PromoterError } from '../../src/errors.ts';
import { createSpool } from '../../src/registry/spool.ts';
import type { BlobReader, BlobShare, Spool, SpoolOptions } from '../../src/registry/spool.ts';
import { digestOf } from '../../src/stack/sample-layers.ts';

describe('a spool', () => {
  let directory: string;
  let shares: BlobShare[] = [];
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'spool-test-'))));
  afterEach(() => {
    for (const share of shares) share.release();
    shares = [];
    return rm(directory, { recursive: true, force: true });
  });

  function spoolWith(options: Partial<SpoolOptions> = {}): Spool {
    const spool = createSpool({
      directory,
      smallBlobBytes: 100,
      memoryBytes: 1000,
      diskBytes: 1_000_000,
      ...options,
    });
    return {
      share(blob, read) {
        const share = spool.share(blob, read);
        shares.push(share);
        return share;
      },
    };
  }

  for (const [kind, size] of [
    ['small', 10],
    ['large', 300_000],
  ] as const) {
    it(`reads a ${kind} blob once for all its shares`, async () => {
      const { blob, bytes } = blobOf(size);
      const spool = spoolWith();
      let reads = 0;
      const read: BlobReader = async () => {
        reads += 1;
        return Readable.from([bytes]);
      };
      const got = await Promise.all(
        [spool.share(blob, read), spool.share(blob, read)].map((share) =>
          share.use(async (open) => Promise.all([bytesOf(open()), bytesOf(open())])),
        ),
      );
      for (const copy of got.flat()) assert.deepEqual(copy, bytes);
      assert.equal(reads, 1);
    });
  }

  it('leaves no file behind, even while it is read', async () => {
    const { blob, bytes } = blobOf(300_000);
    const share = spoolWith().share(blob, async () => Readable.from([bytes]));
    await share.use(async () => assert.deepEqual(await readdir(directory), []));
  });

  it('reads again when everybody had left', async () => {
    const { blob, bytes } = blobOf(10);
    let reads = 0;
    const share = spoolWith().share(blob, async () => {
      reads += 1;
      return Readable.from([bytes]);
    });
    await share.use(async () => {});
    share.release();
    share.release();
    await share.use(async (open) => assert.deepEqual(await bytesOf(open()), bytes));
    assert.equal(reads, 2);
  });

  it('keeps what is in use though its share is released', async () => {
    const { blob, bytes } = blobOf(300_000);
    const share = spoolWith().share(blob, async () => Readable.from([bytes]));
    await share.use(async (open) => {
      share.release();
      assert.deepEqual(await bytesOf(open()), bytes);
    });
  });

  it('waits for room before it reads', async () => {
    const spool = spoolWith({ diskBytes: 1000 });
    const [one, two] = [blobOf(600), blobOf(601)];
    const opened: string[] = [];
    const sharing = (name: string, { blob, bytes }: ReturnType<typeof blobOf>) =>
      spool.share(blob, async () => {
        opened.push(name);
        return Readable.from([bytes]);
      });
    const first = sharing('one', one);
    const second = sharing('two', two);
    await first.use(async () => {});
    const using = second.use(async () => {});
    await new Promise(setImmediate);
    assert.deepEqual(opened, ['one']);
    first.release();
    await using;
    assert.deepEqual(opened, ['one', 'two']);
  });

  it('looks a second time at bytes that were altered, and then gives up for all', async () => {
    const { blob, bytes } = blobOf(10);
    let reads = 0;
    const altered: BlobReader = async () => {
      reads += 1;
      throw new PromoterError('DigestMismatch', 'altered');
    };
    const spool = spoolWith();
    const uses = [spool.share(blob, altered), spool.share(blob, altered)].map((share) => share.use(async () => {}));
    for (const result of await Promise.allSettled(uses)) {
      assert.match(String((result as PromiseRejectedResult).reason), /altered/);
    }
    assert.equal(reads, 3);
    const sound = spool.share(blob, async () => Readable.from([bytes]));
    await sound.use(async (open) => assert.deepEqual(await bytesOf(open()), bytes));
  });

  for (const [kind, size] of [
    ['small', 10],
    ['large', 300_000],
  ] as const) {
    it(`does not take a ${kind} blob that ends early or breaks off, and says which`, async () => {
      const { blob, bytes } = blobOf(size);
      const short = bytes.subarray(1);
      const ended = spoolWith().share(blob, async () => Readable.from([short]));
      await assert.rejects(
        ended.use(async () => {}),
        { code: 'DigestMismatch', message: new RegExp(`should have ${size} bytes, .* only ${size - 1};`) },
      );
      const broken = spoolWith().share(blob, async () => Readable.from(breaking(short)));
      await assert.rejects(
        broken.use(async () => {}),
        { code: 'RegistryUnavailable', message: `reading blob ${blob.digest} broke off: reset` },
      );
    });
  }

  it('does not take more than the promised size', async () => {
    const { blob } = blobOf(10);
    const endless = async () => Readable.from(repeat(Buffer.alloc(1000)));
    const share = spoolWith().share(blob, endless);
    await assert.rejects(
      share.use(async () => {}),
      /should have 10 bytes, but its registry sent more/,
    );
  });

  it('stops reading when nobody wants the blob any more', async () => {
    const { blob } = blobOf(10);
    const opened = Promise.withResolvers<AbortSignal>();
    const share = spoolWith().share(blob, (signal) => {
      opened.resolve(signal);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    });
    const cancelling = new AbortController();
    const using = share.use(async () => {}, cancelling.signal);
    const signal = await opened.promise;
    cancelling.abort(new Error('enough'));
    await assert.rejects(using, /enough/);
    assert.equal(signal.aborted, false);
    share.release();
    assert.equal(signal.aborted, true);
  });

  it('says which folder it cannot write to', async () => {
    const { blob, bytes } = blobOf(300);
    await writeFile(join(directory, 'file'), '');
    const share = spoolWith({ directory: join(directory, 'file', 'folder') }).share(blob, async () =>
      Readable.from([bytes]),
    );
    await assert.rejects(
      share.use(async () => {}),
      (error: PromoterError) => {
        assert.equal(error.code, 'StoreUnavailable');
        assert.ok(error.message.includes(join(directory, 'file', 'folder')));
        return true;
      },
    );
  });
});

function blobOf(size: number) {
  const bytes = Buffer.alloc(size, `${size} `);
  return { bytes, blob: { digest: digestOf(bytes), size } };
}

async function bytesOf(content: Readable | Uint8Array): Promise<Buffer> {
  return content instanceof Uint8Array ? Buffer.from(content) : buffer(content);
}

function* repeat(chunk: Buffer) {
  for (;;) yield chunk;
}

function* breaking(bytes: Buffer): Generator<Buffer> {
  yield bytes;
  throw new Error('reset');
}
