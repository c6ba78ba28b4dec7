import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/stack/program-list.ts';

const run = promisify(execFile);

/**
 * What stands in for a release until there is one: the last commit that changed, without a patch, what a run does. Runs of
 * earlier ones cannot be gone on with.
 */
const BEFORE_THE_FIRST_RELEASE = '0c94c9f';

/** The sources of an earlier version, ready to be run. */
export interface ReleasedVersion {
  /** A tag or a commit. */
  readonly name: string;
  readonly folder: string;
  remove(): Promise<void>;
}

/**
 * Unpacks the release before this version, with the dependencies of this one.
 *
 * @returns nothing where git's history is not there, as in a shallow clone or an unpacked archive
 */
export async function unpackPreviousRelease(): Promise<ReleasedVersion | undefined> {
  const cwd = packageRoot();
  const newestTag = run('git', ['describe', '--tags', '--abbrev=0', 'HEAD^'], { cwd });
  const name = await newestTag.then(
    ({ stdout }) => stdout.trim(),
    () => BEFORE_THE_FIRST_RELEASE,
  );
  const folder = await mkdtemp(join(tmpdir(), 'released-version-'));
  const archive = join(folder, 'sources.tar');
  try {
    await run('git', ['archive', '--output', archive, name], { cwd });
  } catch {
    await rm(folder, { recursive: true });
    return undefined;
  }
  await run('tar', ['-xf', archive, '-C', folder]);
  await symlink(join(cwd, 'node_modules'), join(folder, 'node_modules'));
  return { name, folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
