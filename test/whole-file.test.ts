import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeWhole } from '../src/whole-file.ts';

describe('a file that is written whole', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whole-file-'));
    file = join(folder, 'file');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is there, is replaced, and may be read by whom it is for', async () => {
    await writeWhole(file, 'first and longer');
    await writeWhole(file, Buffer.from('second'), { mode: 0o600 });
    assert.equal(await readFile(file, 'utf8'), 'second');
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder), ['file']);
  });

  it('is always one of those that are written at the same time', async () => {
    const texts = Array.from({ length: 10 }, (_, at) => String(at).repeat(500_000));
    await writeWhole(file, texts[0] ?? '');
    async function read(): Promise<void> {
      for (let time = 0; time < 50; time += 1) {
        const text = await readFile(file, 'utf8');
        assert.ok(texts.includes(text), `${text.length} characters`);
      }
    }
    await Promise.all([...texts.map((text) => writeWhole(file, text)), read()]);
    assert.deepEqual(await readdir(folder), ['file']);
  });

  it('leaves nothing where it cannot be', async () => {
    await mkdir(join(file, 'in-the-way'), { recursive: true });
    await assert.rejects(writeWhole(file, 'text'));
    assert.deepEqual(await readdir(folder), ['file']);
  });
});
