import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Copy, type Dockerfile, DockerfileParser, type From } from 'dockerfile-ast';
import { packageRoot } from '../../src/stack/program-list.ts';

/** The rules are hadolint's, by its numbers (https://github.com/hadolint/hadolint#rules), where it has one. */
describe('deploy/Dockerfile', () => {
  let dockerfile: Dockerfile;
  let stages: readonly From[];
  const argumentsOf = (keyword: string): readonly string[] =>
    dockerfile
      .getInstructions()
      .filter((instruction) => instruction.getKeyword() === keyword)
      .map((instruction) => instruction.getArgumentsContent() ?? '');

  before(async () => {
    dockerfile = DockerfileParser.parse(await readFile(join(packageRoot(), 'deploy/Dockerfile'), 'utf8'));
    stages = dockerfile.getFROMs();
    assert.equal(stages.length, 2);
  });

  it('pins its base image to the Node that everything is tested with (DL3006, DL3007)', async () => {
    const { devDependencies } = JSON.parse(await readFile(join(packageRoot(), 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const version = devDependencies['node']?.replace('^', '');
    for (const stage of stages) assert.equal(stage.getImage(), `node:${version}-bookworm-slim`);
  });

  it('ends as a user who is not root, by number, with a command in exec form (DL3002, DL3025)', () => {
    const users = argumentsOf('USER');
    assert.deepEqual(users, ['1000:1000']);
    for (const command of [...dockerfile.getCMDs(), ...dockerfile.getENTRYPOINTs()]) {
      assert.ok(command.getOpeningBracket() !== null, command.getRawArgumentsContent() ?? '');
    }
    assert.equal(dockerfile.getENTRYPOINTs().length, 1);
  });

  it('installs exactly what the lock file and Debian say (DL3009, DL3014, DL3015, DL3016)', () => {
    const runs = argumentsOf('RUN').join('\n');
    assert.doesNotMatch(runs, /npm (?:i|install)\b/);
    assert.match(runs, /npm ci/);
    for (const run of argumentsOf('RUN').filter((line) => line.includes('apt-get'))) {
      assert.match(run, /--yes/);
      assert.match(run, /--no-install-recommends/);
      assert.match(run, /rm -rf \/var\/lib\/apt\/lists/);
    }
    assert.doesNotMatch(runs, /sudo|curl|wget/);
  });

  it('has absolute folders, no ADD, and no secret in a variable (DL3000, DL3020)', () => {
    assert.ok(argumentsOf('WORKDIR').every((folder) => folder.startsWith('/')));
    assert.deepEqual(argumentsOf('ADD'), []);
    assert.doesNotMatch([...argumentsOf('ENV'), ...argumentsOf('ARG')].join('\n'), /TOKEN|PASSWORD|SECRET/);
  });

  it('copies only what is there and what the builder is given (DL3022)', async () => {
    const ignored = (await readFile(join(packageRoot(), '.dockerignore'), 'utf8')).split('\n');
    const given = new Set(ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1)));
    assert.ok(ignored.includes('*') && ignored.includes('tools/bin'));
    const names = stages.map((stage) => stage.getBuildStage());
    for (const copy of dockerfile.getCOPYs()) {
      const from = stageOf(copy);
      if (from !== undefined) assert.ok(names.includes(from), from);
      else
        for (const source of sourcesOf(copy)) {
          assert.ok(existsSync(join(packageRoot(), source)), source);
          assert.ok(given.has(source.split('/')[0]!), `${source} is left out by .dockerignore`);
        }
    }
  });
});

function stageOf(copy: Copy): string | undefined {
  return copy.getFromFlag()?.getValue() ?? undefined;
}

function sourcesOf(copy: Copy): readonly string[] {
  return copy
    .getArguments()
    .slice(0, -1)
    .map((argument) => argument.getValue());
}
