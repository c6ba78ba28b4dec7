import { execFile } from 'node:child_process';
import { chmod, cp, link, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startProcess, type RunningProcess } from '../../../src/stack/process.ts';
import { readDockerfile } from './dockerfile.ts';
import { layTree } from './tree.ts';

/** What deploy/Dockerfile makes, on this machine's Linux in place of its base image: no engine is needed. */
export interface Image {
  /** Resolves with what a command in a container wrote; rejects when it fails. */
  run(command: readonly string[]): Promise<string>;
  /** Begins the image's own command, as `docker run` does, until it is stopped. */
  begin(variables: Readonly<Record<string, string>>, ready: () => Promise<boolean>): Promise<RunningProcess>;
  remove(): Promise<void>;
}

const execute = promisify(execFile);
const BASE = ['usr', 'bin', 'lib', 'lib64', 'etc', 'dev', 'proc'];

/**
 * A root of its own, read-only but for /tmp, in a mount namespace; then the image's user, without capabilities and
 * without a way to get any. $1 is the root, $2 the user, the rest variables and the command.
 */
const CONTAINER = `set -e
root=$1 user=$2; shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
for folder in ${BASE.join(' ')}; do [ ! -e "/$folder" ] || mount --rbind "/$folder" "$root/$folder"; done
mount --bind "$root" "$root" -o remount,ro,bind
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
exec chroot "$root" setpriv --reuid "\${user%:*}" --regid "\${user#*:}" --clear-groups --no-new-privs --inh-caps=-all \\
  --bounding-set=-all env -i "$@"`;

/** Whether this process may make namespaces and become other users; root may, in most places. */
export async function mayContain(): Promise<boolean> {
  const args = ['--mount', 'setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups', 'true'];
  return execute('unshare', args).then(
    () => true,
    () => false,
  );
}

/** Builds it in a folder of its own. */
export async function buildImage(): Promise<Image> {
  const root = await mkdtemp(join(tmpdir(), 'image-'));
  // Another user is to come in.
  await chmod(root, 0o755);
  const recipe = await readDockerfile();
  await layTree(recipe, root);
  for (const folder of [...BASE, 'tmp', 'node']) await mkdir(join(root, folder));
  const node = join(root, 'node', 'node');
  await link(process.execPath, node).catch(() => cp(process.execPath, node));

  const variables = ['PATH=/node:/usr/bin:/bin', ...recipe.variables];
  const contained = (command: readonly string[], more: Readonly<Record<string, string>> = {}): string[] => {
    const given = Object.entries(more).map(([name, value]) => `${name}=${value}`);
    return ['--mount', 'sh', '-c', CONTAINER, 'sh', root, recipe.user, ...variables, ...given, ...command];
  };
  return {
    run: async (command) => (await execute('unshare', contained(command))).stdout,
    begin: (more, ready) =>
      startProcess({
        name: 'the container',
        program: 'unshare',
        args: contained(recipe.command, more),
        logFile: join(root, 'container.log'),
        ready,
        // As the chart grants it.
        stopGraceMs: 60_000,
      }),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
