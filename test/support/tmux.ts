import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
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

/** Starts a tmux server of its own. */
export function startTerminals(): Terminals {
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
        ...command,
      );
    },
    async screen(name, options) {
      return (await tmux('capture-pane', '-p', ...(options?.escapes === true ? ['-e'] : []), '-t', name)).split('\n');
    },
    async exit(name) {
      const [dead, status] = (await tmux('display-message', '-p', '-t', name, '#{pane_dead} #{pane_dead_status}'))
        .trim()
        .split(' ');
      // The terminal may be closed before the status of its command is known.
      return dead === '1' && status !== undefined ? Number(status) : undefined;
    },
    async close() {
      await tmux('kill-server').catch(() => '');
    },
  };
}
