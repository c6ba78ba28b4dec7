import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf, PromoterError } from '../errors.ts';

/** The manifests of a whole revision pass through memory at once; the largest ones known are below four megabytes. */
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/** Set by git for its hooks: they would lead into another repository than the folder's (`git rev-parse --local-env-vars`). */
const OF_ANOTHER_REPOSITORY: readonly string[] = [
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_COMMON_DIR',
  'GIT_DIR',
  'GIT_INDEX_FILE',
  'GIT_NAMESPACE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_PREFIX',
  'GIT_SHALLOW_FILE',
  'GIT_WORK_TREE',
];

const execute = promisify(execFile);

export interface GitCall {
  /** What git reads. */
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Variables beside this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What a failure of git becomes, by what git said; `RequestInvalid` unless given. */
  readonly failed?: (said: string, cause: unknown) => PromoterError;
}

/**
 * Runs the git program in a folder, without a shell and without ever asking anybody anything.
 *
 * @returns what it prints
 * @throws PromoterError `ProgramMissing` without git, `RequestInvalid` with what git said; or the signal's reason
 */
export async function runGit(folder: string, args: readonly string[], call: GitCall = {}): Promise<Buffer> {
  const running = execute('git', ['-C', folder, ...args], {
    encoding: 'buffer',
    maxBuffer: MAX_OUTPUT_BYTES,
    env: { ...environmentOf(process.env), ...call.environment },
    ...(call.signal === undefined ? {} : { signal: call.signal }),
  });
  // Git may end before it has read everything; how it ended says why.
  running.child.stdin?.on('error', () => undefined);
  running.child.stdin?.end(call.input ?? '');
  try {
    return (await running).stdout;
  } catch (thrown) {
    call.signal?.throwIfAborted();
    throw failureOf(args, folder, thrown, call.failed);
  }
}

function environmentOf(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = Object.entries(environment).filter(([name]) => !OF_ANOTHER_REPOSITORY.includes(name));
  const fixed = { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', GIT_LITERAL_PATHSPECS: '1' };
  return { ...Object.fromEntries(own), ...fixed };
}

function failureOf(args: readonly string[], folder: string, thrown: unknown, failed: GitCall['failed']): PromoterError {
  const failure = thrown as NodeJS.ErrnoException & { readonly stderr?: Buffer };
  if (failure.code === 'ENOENT') {
    return new PromoterError('ProgramMissing', 'git cannot be started; install it, or put it on the PATH', {
      cause: thrown,
    });
  }
  const said = failure.stderr?.toString().trim() ?? '';
  const why = said === '' ? messageOf(thrown) : said;
  if (failed !== undefined) return failed(why, thrown);
  return new PromoterError('RequestInvalid', `running git ${args[0]} in ${folder}: ${why}`, { cause: thrown });
}
