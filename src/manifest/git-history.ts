import { PromoterError } from '../errors.ts';
import { runGit } from './git.ts';

/** A folder inside a git work tree. */
export interface GitFolder {
  readonly topLevel: string;
  /** Path of the folder below the top level, with a slash at its end; empty for the top level itself. */
  readonly prefix: string;
}

/** The commit that is checked out. */
export interface CheckedOut {
  readonly commit: string;
  /** Something in the folder is not as it was committed. */
  readonly modified: boolean;
}

/** Finds the work tree that a folder belongs to. @throws PromoterError `RequestInvalid` when there is none */
export async function locateFolder(folder: string): Promise<GitFolder> {
  const [topLevel = '', prefix = ''] = await linesOf(folder, ['rev-parse', '--show-toplevel', '--show-prefix']);
  return { topLevel, prefix };
}

/** The full id of a commit. @throws PromoterError `RequestInvalid` when it is not in the repository */
export async function resolveCommit({ topLevel }: GitFolder, revision: string): Promise<string> {
  try {
    const [commit = ''] = await linesOf(topLevel, ['rev-parse', '--verify', `${revision}^{commit}`]);
    return commit;
  } catch (thrown) {
    if (!(thrown instanceof PromoterError) || thrown.code !== 'RequestInvalid') throw thrown;
    throw new PromoterError(
      'RequestInvalid',
      `${topLevel} has no commit ${revision}; if it is a shallow clone, fetch more of its history`,
      { cause: thrown },
    );
  }
}

/** What is checked out, and whether the folder differs from it. */
export async function readCheckedOut(folder: GitFolder): Promise<CheckedOut> {
  const commit = await resolveCommit(folder, 'HEAD');
  const path = folder.prefix === '' ? '.' : folder.prefix;
  const changes = await runGit(folder.topLevel, ['status', '--porcelain', '-z', '--', path]);
  return { commit, modified: changes.length > 0 };
}

/**
 * The state that everything since some time was added to: the parent of the oldest commit of that time on the branch
 * itself, since a commit that came with a merge may have been made at any time.
 *
 * @param since any date that `git log --since` understands, e.g. `14 days`
 * @returns `unchanged` without any commit since; `nothing` when the history begins since, or is not there from before
 */
export async function findBaseSince(
  { topLevel }: GitFolder,
  since: string,
): Promise<{ readonly commit: string } | 'unchanged' | 'nothing'> {
  const commits = await linesOf(topLevel, ['log', '--first-parent', `--since=${since}`, '--format=%H %P']);
  const oldest = commits.at(-1);
  if (oldest === undefined) return 'unchanged';
  const [, parent = ''] = oldest.split(' ');
  return parent === '' ? 'nothing' : { commit: parent };
}

async function linesOf(folder: string, args: readonly string[]): Promise<readonly string[]> {
  const printed = (await runGit(folder, args)).toString().trimEnd();
  return printed === '' ? [] : printed.split('\n');
}
