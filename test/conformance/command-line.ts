import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { startPromotionService } from '../support/promotion-service.ts';
import { peerCommand } from './peer.ts';
import { record } from './recording.ts';

/** How a command ended and what it wrote. */
export interface Ending {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line whose state is its own; see {@link openCommandLine}. */
export interface CommandLine {
  /** Runs `promoter`, or the peer that is tried instead, with these arguments, in a process of its own. */
  run(args: readonly string[], options?: RunOptions): Promise<Ending>;
  close(): Promise<void>;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const MAIN = resolve(import.meta.dirname, '../../src/client/main.ts');

/** Prepares to run `promoter` self-contained, with nothing of this machine's configuration. */
export async function openCommandLine(): Promise<CommandLine> {
  const home = await mkdtemp(join(tmpdir(), 'conformance-'));
  const base = { PATH: process.env['PATH'] ?? '', HOME: home, XDG_STATE_HOME: join(home, 'state') };
  const running = new Set<ChildProcess>();
  return {
    async run(args, { cwd = home, env = {} } = {}) {
      const peer = peerCommand(args, process.env);
      const child = spawn(peer?.program ?? process.execPath, peer?.args ?? [MAIN, ...args], {
        cwd,
        env: { ...base, ...peer?.env, ...env },
      });
      running.add(child);
      const written = { stdout: '', stderr: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => (written.stdout += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (written.stderr += text));
      const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
      running.delete(child);
      if (code === null) throw new Error(`promoter ${args.join(' ')} was ended by ${signal}: ${written.stderr}`);
      record({ args, exit: code, ...written });
      return { exit: code, ...written };
    },
    async close() {
      // A test that timed out left its command behind.
      await Promise.all([...running].map((child) => (child.kill('SIGKILL'), once(child, 'close'))));
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** Prepares to run `promoter` on a server and a worker that run already, as those do who promote often. */
export async function openServedCommandLine(): Promise<CommandLine> {
  const directory = await mkdtemp(join(tmpdir(), 'conformance-'));
  const [line, service] = await Promise.all([openCommandLine(), startPromotionService({ directory })]);
  return {
    run: (args, options = {}) => line.run(args, { ...options, env: { ...service.environment, ...options.env } }),
    async close() {
      await line.close();
      await service.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
