import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { installProgram, isInstalled } from '../../src/stack/go-install.ts';
import type { Program } from '../../src/stack/program-list.ts';

const PROGRAM: Program = {
  name: 'our-name',
  package: 'example.test/their/cmd/registry',
  module: undefined,
  version: 'v1.2.3',
  binary: 'registry',
  tags: ['one', 'two'],
  environment: 'OUR_NAME',
  onPath: undefined,
  groups: ['core'],
  purpose: 'an example',
};

describe('installing by Go', () => {
  let folder: string;
  let tools: string;
  const { PATH } = process.env;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'go-install-test-'));
    tools = join(folder, 'tools');
    process.env['PATH'] = `${folder}${delimiter}${PATH}`;
  });

  afterEach(async () => {
    process.env['PATH'] = PATH;
    await rm(folder, { recursive: true });
  });

  it('puts the program there under our name, and nothing else', async () => {
    await fakeGo({ install: 'echo "$@" > "$GOBIN/registry"' });
    const file = await install();
    assert.equal(file, join(tools, 'our-name'));
    assert.match(await readFile(file, 'utf8'), / -tags=one,two example\.test\/their\/cmd\/registry@v1\.2\.3\n$/);
    assert.deepEqual(await readdir(tools), ['.our-name.version', 'our-name']);
  });

  it('builds a module that go install refuses where it was downloaded', async () => {
    const downloaded = `echo '{"Dir": "${folder}"}'`;
    await fakeGo({ install: `if [ "$1" = mod ]; then ${downloaded}; else (pwd; echo "$@") > "$6"; fi` });
    const file = await install({ ...PROGRAM, module: 'example.test/their' });
    const [where, args] = (await readFile(file, 'utf8')).split('\n');
    assert.equal(where, folder);
    assert.match(args ?? '', / -tags=one,two -o \S+\/registry example\.test\/their\/cmd\/registry$/);
  });

  it('builds once for all who ask at the same time', async () => {
    await fakeGo({ install: `echo built >> ${join(folder, 'builds')}; sleep 0.1; touch "$GOBIN/registry"` });
    await Promise.all([install(), install(), install()]);
    assert.equal(await readFile(join(folder, 'builds'), 'utf8'), 'built\n');
  });

  it('takes what a person put there, and replaces what it installed in another version', async () => {
    await mkdir(tools);
    await writeFile(join(tools, 'our-name'), 'by hand');
    assert.ok(await isInstalled(PROGRAM, tools));
    await rm(join(tools, 'our-name'));
    await fakeGo({ install: 'echo "$@" > "$GOBIN/registry"' });
    await install();
    const newer = { ...PROGRAM, version: 'v1.3.0' };
    assert.ok(!(await isInstalled(newer, tools)));
    assert.match(await readFile(await install(newer), 'utf8'), /@v1\.3\.0\n$/);
  });

  it('reports what is going on', async () => {
    await fakeGo({ install: 'echo "go: downloading a v1" >&2; touch "$GOBIN/registry"' });
    const states: string[] = [];
    await installProgram(PROGRAM, { ...options(), onProgress: ({ state }) => void states.push(state) });
    assert.deepEqual(states.slice(0, 1), ['building']);
  });

  it('fails with the last lines of Go and leaves nothing', async () => {
    await fakeGo({ install: 'seq 100 >&2; echo "proxy: 403 Forbidden" >&2; touch "$GOBIN/registry"; exit 1' });
    await assert.rejects(install(), (error: Error) => {
      assert.match(error.message, /^our-name \(an example\) is not installed: 'go install .*' failed:\n/);
      assert.match(error.message, /  100\n  proxy: 403 Forbidden\n; or set OUR_NAME to a build of /);
      assert.doesNotMatch(error.message, /^  1$/m);
      return true;
    });
    assert.deepEqual(await readdir(tools), []);
  });

  it('removes what a killed build left', async () => {
    await mkdir(join(tools, '.install-killed'), { recursive: true });
    await fakeGo({ install: 'touch "$GOBIN/registry"' });
    await install();
    assert.deepEqual(await readdir(tools), ['.our-name.version', 'our-name']);
  });

  it('says what to do without Go', async () => {
    process.env['PATH'] = folder;
    await assert.rejects(install(), {
      code: 'ProgramMissing',
      message: /our-name \(an example\) is not installed: Go 1\.26 or newer, .*go\.dev\/dl.* set OUR_NAME to/,
    });
  });

  it('says so when Go is too old, unless it fetches a newer one by itself', async () => {
    await fakeGo({ version: 'go1.25.3', toolchain: 'local', install: 'touch "$GOBIN/registry"' });
    await assert.rejects(install(), { message: /needs Go 1\.26 or newer, and this is Go 1\.25\.3/ });
    await fakeGo({ version: 'go1.20.1', toolchain: 'auto', install: 'touch "$GOBIN/registry"' });
    await assert.rejects(install(), { message: /needs Go 1\.26 or newer, and this is Go 1\.20\.1/ });
    await fakeGo({ version: 'go1.25.3', toolchain: 'auto', install: 'touch "$GOBIN/registry"' });
    await install();
  });

  function install(program = PROGRAM): Promise<string> {
    return installProgram(program, options());
  }

  function options(): { folder: string; goVersion: string } {
    return { folder: tools, goVersion: '1.26' };
  }

  async function fakeGo(fake: { version?: string; toolchain?: string; install: string }): Promise<void> {
    const { version = 'go1.26.0', toolchain = 'local' } = fake;
    const script = `#!/bin/sh\nif [ "$1" = env ]; then echo ${version}; echo ${toolchain}; else ${fake.install}; fi\n`;
    await writeFile(join(folder, 'go'), script);
    await chmod(join(folder, 'go'), 0o755);
  }
});
