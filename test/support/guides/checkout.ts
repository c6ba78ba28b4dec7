import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { packageRoot } from '../../../src/stack/program-list.ts';
import { startProcess, type RunningProcess } from '../../../src/stack/process.ts';
import { findProgram } from '../../../src/stack/programs.ts';

/** What a command that was given came to. */
export interface Given {
  readonly exit: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that goes on until it is stopped. */
export interface Going {
  readonly printed: () => Promise<string>;
  /** Ctrl-C. @returns the exit code */
  readonly stop: () => Promise<number | null>;
}

/** A checkout as its readers have it, and a shell in it. What is written there is gone with it. */
export interface Checkout {
  readonly folder: string;
  /** What the shell's variables are; commands change it, as `export` does. */
  environment: Readonly<Record<string, string>>;
  give(command: string): Promise<Given>;
  /** Resolves when what it has printed shows that it works. */
  begin(command: string, works: (printed: string) => boolean | Promise<boolean>): Promise<Going>;
  /** Stops what was begun, and removes everything. */
  remove(): Promise<void>;
}

const PROGRAMS = ['temporal', 'crane', 'cosign', 'helm'];
const OURS = /^(?:TEMPORAL_|PROMOTER_|SIGSTORE_|XDG_|OTEL_|DOCKER_CONFIG|GITHUB_TOKEN|AWS_|npm_)/;

/** Makes one: this project's files by links, with `promoter` and the programs of `tools/bin` on the path. */
export async function openCheckout(): Promise<Checkout> {
  const folder = await mkdtemp(join(tmpdir(), 'checkout-'));
  const left = new Set(['.git', 'tools', 'dist', '.promoter']);
  for (const name of await readdir(packageRoot())) {
    if (!left.has(name)) await symlink(join(packageRoot(), name), join(folder, name));
  }
  const [bin, home, tools] = ['bin', 'home', 'tools/bin'].map((name) => join(folder, name)) as [string, string, string];
  await Promise.all([bin, home, tools].map((name) => mkdir(name, { recursive: true })));
  for (const name of PROGRAMS) await symlink(await findProgram(name), join(tools, name));
  await symlink(process.execPath, join(bin, 'node'));
  const main = join(packageRoot(), 'src/client/main.ts');
  await writeFile(join(bin, 'promoter'), `#!/bin/sh\nexec node '${main}' "$@"\n`, { mode: 0o755 });
  const own = Object.entries(process.env).filter(([name, value]) => value !== undefined && !OURS.test(name));
  const all: RunningProcess[] = [];
  const checkout: Checkout = {
    folder,
    environment: {
      ...(Object.fromEntries(own) as Record<string, string>),
      HOME: home,
      PATH: [bin, tools, process.env['PATH']].join(delimiter),
    },
    async give(command) {
      const variables = join(folder, '.variables');
      const child = start(`${command}\nexit=$?\nenv -0 > '${variables}'\nexit $exit`);
      const given = await endOf(child);
      const entries = (await readFile(variables, 'utf8')).split('\0').filter((entry) => entry !== '');
      checkout.environment = Object.fromEntries(entries.map((entry) => entry.split(/=(.*)/s, 2) as [string, string]));
      return given;
    },
    async begin(command, works) {
      const logFile = join(folder, `.going-${all.length}`);
      const printed = (): Promise<string> => readFile(logFile, 'utf8');
      const variables = Object.entries(checkout.environment).map(([name, value]) => `${name}=${value}`);
      const running = await startProcess({
        name: command,
        program: 'env',
        args: ['-i', ...variables, 'bash', '-c', command],
        cwd: folder,
        logFile,
        ready: async () => works(await printed()),
        startTimeoutMs: 240_000,
      });
      all.push(running);
      return { printed, stop: () => interrupt(running) };
    },
    async remove() {
      await Promise.all(all.map(interrupt));
      await rm(folder, { recursive: true, force: true });
    },
  };
  const start = (script: string): ChildProcess =>
    spawn('bash', ['-c', script], {
      cwd: folder,
      env: checkout.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  return checkout;
}

async function endOf(child: ChildProcess): Promise<Given> {
  const [[code, signal], stdout, stderr] = await Promise.all([
    once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
    text(child.stdout!),
    text(child.stderr!),
  ]);
  return { exit: code ?? signal ?? 0, stdout, stderr };
}

/** A terminal's Ctrl-C reaches all that a line has started. @returns the exit code */
async function interrupt({ pid, exited }: RunningProcess): Promise<number | null> {
  const ended = await Promise.race([exited, Promise.resolve()]);
  if (ended === undefined) process.kill(-pid, 'SIGINT');
  return (await exited).code;
}
