import { execFile } from 'node:child_process';
import { cp, mkdir, rm, symlink, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../../src/stack/program-list.ts';
import type { CopyStep, Recipe } from './dockerfile.ts';

const execute = promisify(execFile);

/** Takes the steps of both stages; what npm would download is taken from this project's `node_modules`. */
export async function layTree({ stages: [first, last] }: Recipe, root: string): Promise<void> {
  const build = join(root, 'build');
  for (const copy of first?.copies ?? []) await take(copy, packageRoot(), build);
  for (const run of first?.runs ?? []) await work(run, build);
  for (const copy of last?.copies ?? []) await take(copy, copy.fromStage ? build : packageRoot(), join(root, 'app'));
  await rm(build, { recursive: true });
}

async function take({ sources, target }: CopyStep, from: string, to: string): Promise<void> {
  for (const source of sources.map((path) => path.replace(/^\/app\//, ''))) {
    const path = target.endsWith('/') ? join(to, target, source.split('/').at(-1) ?? '') : join(to, target);
    await mkdir(dirname(path), { recursive: true });
    await cp(join(from, source), path, { recursive: true, verbatimSymlinks: true });
  }
}

async function work(command: string, build: string): Promise<void> {
  const modules = join(build, 'node_modules');
  for (const step of command.replaceAll('\\\n', ' ').split('&&')) {
    if (step.includes('npm ci')) await symlink(join(packageRoot(), 'node_modules'), modules);
    else if (step.includes('npm prune')) {
      await unlink(modules);
      await copyProduction(build);
    } else await execute('sh', ['-c', step], { cwd: build });
  }
}

/** What `npm prune --omit=dev` leaves, by hard links where the file system has them. */
async function copyProduction(build: string): Promise<void> {
  const options = { cwd: packageRoot(), maxBuffer: 2 ** 24 };
  const { stdout } = await execute('npm', ['ls', '--omit=dev', '--all', '--parseable'], options);
  const packages = stdout.split('\n').flatMap((path) => {
    const [, top, ...below] = path.split('/node_modules/');
    // Those below another package come along with it.
    return top === undefined || below.length > 0 ? [] : [`node_modules/${top}`];
  });
  await execute('cp', ['-al', '--parents', ...packages, build], options).catch(() =>
    execute('cp', ['-a', '--parents', ...packages, build], options),
  );
}
