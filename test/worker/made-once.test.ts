import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { madeOnce } from '../../src/worker/made-once.ts';

describe('a text that is made once', () => {
  let folder: string;
  let file: string;
  let made: number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'made-once-'));
    file = join(folder, 'below', 'text.js');
    made = 0;
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function make(): Promise<string> {
    made += 1;
    return `text ${made}\n`;
  }

  it('is made the first time, and kept', async () => {
    assert.equal(await madeOnce(file, 'a', make), 'text 1\n');
    assert.equal(await madeOnce(file, 'a', make), 'text 1\n');
    assert.equal(made, 1);
  });

  it('is made anew when something else is wanted, and leaves one file', async () => {
    await madeOnce(file, 'a', make);
    assert.equal(await madeOnce(file, 'ab', make), 'text 2\n');
    assert.equal(await madeOnce(file, 'ab', make), 'text 2\n');
    assert.deepEqual(await readdir(join(folder, 'below')), ['text.js']);
    assert.equal(await readFile(file, 'utf8'), '// ab\ntext 2\n');
  });

  it('is made each time where it cannot be kept', async () => {
    await writeFile(join(folder, 'below'), 'a file where a folder should be');
    assert.equal(await madeOnce(file, 'a', make), 'text 1\n');
    assert.equal(await madeOnce(file, 'a', make), 'text 2\n');
  });

  it('is not kept when making it fails', async () => {
    await assert.rejects(
      madeOnce(file, 'a', () => Promise.reject(new Error('no'))),
      /^Error: no$/,
    );
    assert.equal(await madeOnce(file, 'a', make), 'text 1\n');
  });
});
