import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ManifestFetcher } from '../../src/activities/manifests.ts';
import { fetchManifests } from '../../src/manifest/git-fetch.ts';

/** Content of a file, `undefined` to delete it. */
export type Changes = Readonly<Record<string, string | undefined>>;

/** A git repository of its own in a folder of its own. */
export interface GitTree {
  readonly root: string;
  write(changes: Changes): Promise<void>;
  /** Writes and commits. @returns the commit */
  commit(changes: Changes, date?: string): Promise<string>;
  git(...args: readonly string[]): Promise<string>;
  remove(): Promise<void>;
}

/** Takes manifests from repositories of this machine only. */
export const fetchLocally: ManifestFetcher = (source, signal) => fetchManifests(source, { schemes: ['file'], signal });

const execute = promisify(execFile);

export async function startGitTree(): Promise<GitTree> {
  const root = await mkdtemp(join(tmpdir(), 'git-tree-'));
  const git = async (args: readonly string[], date?: string): Promise<string> => {
    const dates = date === undefined ? {} : { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    const who = ['-c', 'user.name=somebody', '-c', 'user.email=somebody@example.com', '-c', 'commit.gpgsign=false'];
    const { stdout } = await execute('git', ['-C', root, ...who, ...args], {
      env: { PATH: process.env['PATH'] ?? '', HOME: root, GIT_CONFIG_NOSYSTEM: '1', ...dates },
    });
    return stdout.trim();
  };
  const write = async (changes: Changes): Promise<void> => {
    for (const [path, content] of Object.entries(changes)) {
      const file = join(root, path);
      await mkdir(dirname(file), { recursive: true });
      await (content === undefined ? rm(file) : writeFile(file, content));
    }
  };
  await git(['init', '-q', '-b', 'main']);
  return {
    root,
    write,
    async commit(changes, date) {
      await write(changes);
      await git(['add', '-A']);
      await git(['commit', '-q', '--allow-empty', '-m', 'change'], date);
      return git(['rev-parse', 'HEAD']);
    },
    git: (...args) => git(args),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
