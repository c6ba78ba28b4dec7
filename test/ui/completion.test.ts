import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { COMPLETION_SCRIPTS, type Shell } from '../../src/client/completion-scripts.ts';
import { packageRoot } from '../../src/stack/program-list.ts';

const run = promisify(execFile);

describe('completion inside a shell', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'completion-'));
    const main = join(packageRoot(), 'src', 'client', 'main.ts');
    await writeFile(join(folder, 'promoter'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
    await chmod(join(folder, 'promoter'), 0o755);
    await writeFile(join(folder, 'promotion.yaml'), '');
  });
  after(() => rm(folder, { recursive: true }));

  /** What a shell offers for a line, with each shell's own way of asking it. */
  async function offers(shell: Shell, line: string): Promise<readonly string[]> {
    const script = COMPLETION_SCRIPTS[shell];
    const asking: Readonly<Record<Shell, string>> = {
      bash: `${script}\nCOMP_LINE=$LINE COMP_POINT=\${#LINE}\n_promoter\nprintf '%s\\n' "\${COMPREPLY[@]}"`,
      // The functions of zsh's completion system work inside its line editor only.
      zsh: `compdef() { : }; compset() { : }; _files() { ls }; _describe() { print -l -- "\${(@P)2%%:*}" }\n${script}\nwords=("\${(@s: :)LINE}") CURRENT=\${#words}\n_promoter`,
      fish: `${script}\ncomplete -C "$LINE" | string replace -r '\\t.*' ''; true`,
    };
    const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}`, LINE: line, HOME: folder };
    const { stdout } = await run(shell, ['-c', asking[shell]], { env, cwd: folder });
    return stdout.split('\n').filter((offer) => offer !== '');
  }

  for (const shell of ['bash', 'zsh', 'fish'] as const) {
    it(`works in ${shell}`, async function () {
      const there = await run(shell, ['-c', ':']).then(
        () => true,
        () => false,
      );
      if (!there) this.skip();
      assert.deepEqual(await offers(shell, 'promoter ci'), ['cip']);
      assert.deepEqual(await offers(shell, 'promoter cip --thin'), ['--thin-manifest-dir']);
      assert.deepEqual(await offers(shell, 'promoter cip --provenance w'), ['warn']);
      assert.ok((await offers(shell, 'promoter cip --manifest promotion')).includes('promotion.yaml'));
    });
  }

  it('completes behind a sign in bash, which cuts words there', async () => {
    assert.deepEqual(await offers('bash', 'promoter cip --provenance=r'), ['require']);
    assert.deepEqual(await offers('bash', 'promoter cip --manifest=promoti'), ['promotion.yaml']);
  });
});
