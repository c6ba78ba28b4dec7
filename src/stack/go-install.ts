import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { messageOf, PromoterError } from '../errors.ts';
import { waitForLock } from './file-lock.ts';
import type { Program } from './program-list.ts';

const run = promisify(execFile);

const TEMPORARY = '.install-';
const REPORT_EVERY_MS = 1000;
const LAST_LINES = 12;

/** How far the installation of a program has come; reported about once a second. */
export interface InstallProgress {
  readonly program: Program;
  /** What is happening, as a person reads it: `waiting for process 17`, `building`, `412 packages compiled`. */
  readonly state: string;
  readonly elapsedSeconds: number;
}

export interface InstallOptions {
  /** The folder that the binary goes to. */
  readonly folder: string;
  /** The oldest Go that will do, as `1.26`. */
  readonly goVersion: string;
  readonly onProgress?: (progress: InstallProgress) => void;
}

/** Whether the folder has the program in the version that is pinned, or one that a person put there. */
export async function isInstalled(program: Program, folder: string): Promise<boolean> {
  if (!existsSync(join(folder, program.name))) return false;
  const stamp = await readFile(stampFile(program, folder), 'utf8').catch(() => undefined);
  return stamp === undefined || stamp === stampOf(program);
}

/**
 * Builds a program as its authors' module says, by `go install package@version` where that will do, and moves it into the folder whole, under our name for it. One process
 * at a time does so; others wait and then find the result.
 *
 * @throws PromoterError `ProgramMissing` without a Go that is new enough, or with Go's own last lines
 */
export async function installProgram(program: Program, options: InstallOptions): Promise<string> {
  const { folder, onProgress } = options;
  const began = Date.now();
  const report = (state: string): void =>
    onProgress?.({ program, state, elapsedSeconds: Math.round((Date.now() - began) / 1000) });
  await mkdir(folder, { recursive: true });
  const lock = await waitForLock(join(folder, '.lock'), `building ${program.name}`, ({ pid, purpose }) =>
    report(`waiting for process ${pid}, which is ${purpose}`),
  );
  try {
    if (!(await isInstalled(program, folder))) {
      await requireGo(program, options.goVersion);
      await removeLeftovers(folder);
      await build(program, folder, report);
    }
  } finally {
    await lock.release();
  }
  return join(folder, program.name);
}

/** Since Go 1.21 an older Go fetches the newer one that a module asks for, unless GOTOOLCHAIN forbids it. */
async function requireGo(program: Program, needed: string): Promise<void> {
  let version: string;
  let toolchain: string;
  try {
    const { stdout } = await run('go', ['env', 'GOVERSION', 'GOTOOLCHAIN']);
    [version = '', toolchain = ''] = stdout.split('\n');
  } catch (error) {
    throw missing(program, `Go ${needed} or newer, which would build it, is not on PATH (https://go.dev/dl)`, error);
  }
  const found = version.replace(/^go/, '');
  const fetchesNewer = isAtLeast(found, '1.21') && toolchain !== 'local';
  if (!isAtLeast(found, needed) && !fetchesNewer) {
    throw missing(program, `building it needs Go ${needed} or newer, and this is Go ${found} (https://go.dev/dl)`);
  }
}

/** Compares versions such as `1.26.8` and `1.26` by their first two numbers. */
function isAtLeast(found: string, needed: string): boolean {
  const [foundMajor = 0, foundMinor = 0] = found.split('.').map((part) => Number.parseInt(part, 10));
  const [major = 0, minor = 0] = needed.split('.').map((part) => Number.parseInt(part, 10));
  return foundMajor > major || (foundMajor === major && foundMinor >= minor);
}

/** A build that was killed leaves its temporary folder; whoever holds the lock knows that nobody uses it. */
async function removeLeftovers(folder: string): Promise<void> {
  const leftovers = (await readdir(folder)).filter((name) => name.startsWith(TEMPORARY));
  await Promise.all(leftovers.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

async function build(program: Program, folder: string, report: (state: string) => void): Promise<void> {
  const temporary = await mkdtemp(join(folder, TEMPORARY));
  try {
    await goInstall(program, temporary, report);
    await rm(stampFile(program, folder), { force: true });
    await rename(join(temporary, program.binary), join(folder, program.name));
    await writeFile(stampFile(program, folder), stampOf(program));
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function goInstall(program: Program, target: string, report: (state: string) => void): Promise<void> {
  report('building');
  const { args, cwd } = await buildCommand(program, target);
  const go = spawn('go', args, {
    cwd,
    env: { ...process.env, GOBIN: target },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let packages = 0;
  let state = 'building';
  const lastLines: string[] = [];
  const timer = setInterval(() => report(state), REPORT_EVERY_MS);
  report(state);
  try {
    const exit = new Promise<number | null>((resolve, reject) => go.once('error', reject).once('close', resolve));
    for await (const line of createInterface({ input: go.stderr })) {
      state = line.startsWith('go: downloading') ? line.replace('go: ', '') : `${++packages} packages compiled`;
      if (lastLines.push(line) > LAST_LINES) lastLines.shift();
    }
    const code = await exit;
    if (code !== 0) throw missing(program, `'go ${args.join(' ')}' failed:\n  ${lastLines.join('\n  ')}\n`);
  } finally {
    clearInterval(timer);
  }
}

/**
 * `go install` refuses a module that replaces or excludes dependencies, as only a main module may do. Such a one is
 * downloaded and built where it lies, so that it gets the dependencies that its authors tested.
 */
async function buildCommand(
  { package: path, version, module, tags, binary }: Program,
  target: string,
): Promise<{ readonly args: readonly string[]; readonly cwd: string }> {
  // Without symbol tables (-s -w) linking takes less time and a third less space; what is compiled is the same.
  const flags = ['-v', '-ldflags=-s -w', `-tags=${tags.join(',')}`];
  if (module === undefined) return { args: ['install', ...flags, `${path}@${version}`], cwd: target };
  const { stdout } = await run('go', ['mod', 'download', '-json', `${module}@${version}`], { cwd: target });
  const { Dir: cwd } = JSON.parse(stdout) as { Dir: string };
  return { args: ['build', ...flags, '-o', join(target, binary), path], cwd };
}

function stampFile(program: Program, folder: string): string {
  return join(folder, `.${program.name}.version`);
}

function stampOf({ package: path, version, tags }: Program): string {
  return `${path}@${version} ${tags.join(',')}\n`;
}

function missing(program: Program, why: string, cause?: unknown): PromoterError {
  const whyNot = cause === undefined ? why : `${why}: ${messageOf(cause)}`;
  return new PromoterError(
    'ProgramMissing',
    `${program.name} (${program.purpose}) is not installed: ${whyNot}; or set ${program.environment} to a build of ${program.package} ${program.version}`,
    cause === undefined ? {} : { cause },
  );
}
