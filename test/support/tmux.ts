import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Terminals in which commands run, as tmux draws them. */
export interface Terminals {
  /** Opens a terminal of this width and runs a command in it; what it leaves stays to be looked at. */
  open(
    name: string,
    columns: number,
    command: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** What is on the screen, line by line; with `escapes`, the colours too. */
  screen(name: string, options?: { readonly escapes: boolean }): Promise<readonly string[]>;
  /** The exit code of the command once it has ended. */
  exit(name: string): Promise<number | undefined>;
  close(): Promise<void>;
}

/** Whether there is a tmux. */
export async function hasTmux(): Promise<boolean> {
  return run('tmux', ['-V']).then(
    () => true,
    () => false,
  );
}

/** Runs a command and leaves its exit code in a file: tmux 3.3 does not always notice that one has ended. */
const KEEPING_STATUS = ['/bin/sh', '-c', 'file=$1; shift; "$@"; echo $? >"$file"', 'sh'] as const;

/** Starts a tmux server of its own. */
export async function startTerminals(): Promise<Terminals> {
  const statuses = await mkdtemp(join(tmpdir(), 'terminals-'));
  const socket = `promoter-${randomUUID()}`;
  const tmux = async (...args: readonly string[]): Promise<string> =>
    (await run('tmux', ['-L', socket, '-f', '/dev/null', ...args])).stdout;
  return {
    async open(name, columns, command, environment = {}) {
      const variables = Object.entries(environment).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
      const size = ['-x', String(columns), '-y', '40'];
      const keep = ['set-option', '-g', 'remain-on-exit', 'on', ';'];
      await tmux(
        'start-server',
        ';',
        ...keep,
        'new-session',
        '-d',
        '-s',
        name,
        ...size,
        ...variables,
        '--',
        ...KEEPING_STATUS,
        join(statuses, name),
        ...command,
      );
    },
    async screen(name, options) {
      return (await tmux('capture-pane', '-p', ...(options?.escapes === true ? ['-e'] : []), '-t', name)).split('\n');
    },
    async exit(name) {
      const status = await readFile(join(statuses, name), 'utf8').catch(() => '');
      return status === '' ? undefined : Number(status);
    },
    async close() {
      await tmux('kill-server').catch(() => '');
      await rm(statuses, { recursive: true });
    },
  };
}
