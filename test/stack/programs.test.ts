import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Program } from '../../src/stack/program-list.ts';
import { findProgram, locate } from '../../src/stack/programs.ts';

const PROGRAM: Program = {
  name: 'never-installed',
  package: 'example.test/never',
  version: 'v1.0.0',
  binary: 'never',
  tags: [],
  environment: 'NEVER_PROGRAM',
  onPath: 'never',
  groups: ['core'],
  module: undefined,
  purpose: 'nothing',
};

describe('a program', () => {
  let folder: string;
  const { PATH } = process.env;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'programs-test-'));
  });

  afterEach(async () => {
    process.env['PATH'] = PATH;
    delete process.env['NEVER_PROGRAM'];
    await rm(folder, { recursive: true });
  });

  it('is taken from its environment variable before PATH', async () => {
    await makeProgram('never');
    const mine = await makeProgram('my-build');
    process.env['PATH'] = folder;
    process.env['NEVER_PROGRAM'] = mine;
    assert.equal(await locate(PROGRAM), mine);
  });

  it('is refused when the variable names no program', async () => {
    process.env['NEVER_PROGRAM'] = join(folder, 'gone');
    await assert.rejects(locate(PROGRAM), {
      code: 'ProgramMissing',
      message: /NEVER_PROGRAM is '.*gone', which is not a program; .*example\.test\/never v1\.0\.0/,
    });
  });

  it('is looked for on PATH, among files that can be run', async () => {
    const first = await mkdtemp(join(folder, 'first-'));
    await writeFile(join(first, 'never'), 'a text');
    const found = await makeProgram('never');
    process.env['PATH'] = `${first}:${folder}`;
    assert.equal(await locate(PROGRAM), found);
  });

  it('is not looked for on PATH when others go by its name', async () => {
    await makeProgram('never');
    process.env['PATH'] = folder;
    assert.equal(await locate({ ...PROGRAM, onPath: undefined }), undefined);
  });

  it('must be on the list', async () => {
    await assert.rejects(findProgram('never-heard-of'), {
      code: 'ProgramMissing',
      message: /no program 'never-heard-of'/,
    });
  });

  async function makeProgram(name: string): Promise<string> {
    const file = join(folder, name);
    await writeFile(file, '#!/bin/sh\n');
    await chmod(file, 0o755);
    return file;
  }
});
