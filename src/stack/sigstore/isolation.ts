import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The user and group `nobody`, by number: their names differ between systems. */
const NOBODY = '65534';

/** What to execute. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/**
 * The command in a network of its own, where it shares ports with nobody and can be reached through a Unix socket only;
 * the command as it is on systems that have no such networks or do not let us make one.
 */
export async function inOwnNetwork(command: Command): Promise<Command> {
  for (const options of [['--net'], ['--net', '--map-root-user']]) {
    if (await succeeds({ program: 'unshare', args: [...options, 'true'] })) {
      return { program: 'unshare', args: [...options, command.program, ...command.args] };
    }
  }
  return command;
}

/**
 * The command as a user other than root, which PostgreSQL insists on. It keeps root's right to pass through folders that
 * are closed to others, since the state folder of a stack usually lies in one.
 */
export function notAsRoot(command: Command): Command {
  if (process.getuid?.() !== 0) return command;
  const capability = '+dac_override';
  const options = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', `--inh-caps=${capability}`];
  const args = [...options, `--ambient-caps=${capability}`, command.program, ...command.args];
  return { program: 'setpriv', args };
}

async function succeeds({ program, args }: Command): Promise<boolean> {
  return run(program, [...args]).then(
    () => true,
    () => false,
  );
}
