import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { writePaced } from '../../src/client/paced-output.ts';

describe('writePaced', () => {
  it('writes all of it, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ size: 'large' })), async (texts) => {
        let written = '';
        await writePaced({ write: (text) => (written += text) }, texts);
        assert.equal(written, texts.join(''));
      }),
    );
  });

  it('asks for no more text than whoever reads has taken', async () => {
    const pipe = new PassThrough();
    let made = 0;
    function* texts(): Generator<string> {
      for (; made < 1_000; made++) yield 'x'.repeat(10_000);
    }
    const writing = writePaced(pipe, texts());
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(made < 50, `${made} texts were made though nobody reads`);
    let read = 0;
    pipe.on('data', (chunk: Buffer) => (read += chunk.length));
    await writing;
    assert.equal(read, 10_000_000);
    assert.equal(made, 1_000);
  });
});
