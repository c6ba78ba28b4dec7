import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf, PromoterError } from '../errors.ts';

/** The manifests of a whole revision pass through memory at once; the largest ones known are below four megabytes. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

const execute = promisify(execFile);

/**
 * Runs the git program in a folder, without a shell and without ever asking anybody anything.
 *
 * @param input what it reads
 * @returns what it prints
 * @throws PromoterError `ProgramMissing` without git, `RequestInvalid` with what git said
 */
export async function runGit(folder: string, args: readonly string[], input = ''): Promise<Buffer> {
  const environment = { ...process.env, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' };
  const running = execute('git', ['-C', folder, ...args], {
    encoding: 'buffer',
    maxBuffer: MAX_OUTPUT_BYTES,
    env: environment,
  });
  // Git may end before it has read everything; how it ended says why.
  running.child.stdin?.on('error', () => undefined);
  running.child.stdin?.end(input);
  try {
    return (await running).stdout;
  } catch (thrown) {
    throw failureOf(args, folder, thrown);
  }
}

function failureOf([command = '']: readonly string[], folder: string, thrown: unknown): PromoterError {
  const failure = thrown as NodeJS.ErrnoException & { readonly stderr?: Buffer };
  if (failure.code === 'ENOENT') {
    return new PromoterError('ProgramMissing', 'git cannot be started; install it, or put it on the PATH', {
      cause: thrown,
    });
  }
  const said = failure.stderr?.toString().trim() ?? '';
  const why = said === '' ? messageOf(thrown) : said;
  return new PromoterError('RequestInvalid', `running git ${command} in ${folder}: ${why}`, { cause: thrown });
}
