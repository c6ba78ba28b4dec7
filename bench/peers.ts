import { join } from 'node:path';
import { readProgramList } from '../src/stack/program-list.ts';
import { locate, searchPath } from '../src/stack/programs.ts';
import type { Contender, Trial } from './contender.ts';
import { measure } from './measured.ts';
import type { WorkFiles } from './work/files.ts';

/** A tool of others: what it is called, and how it does the work. */
interface Peer {
  readonly name: string;
  /** `PEER_<PROGRAM>` names a build of it; otherwise it is looked for where the tools are, and on PATH. */
  readonly program: string;
  readonly args: (program: string, files: WorkFiles) => readonly string[];
}

const AT_ONCE = '8';

// Tools that copy one image run several at a time, as people do it in shell scripts.
function eachCopy(script: string): Peer['args'] {
  return (program, { copies }) => ['-a', copies, '-P', AT_ONCE, '-L', '1', 'sh', '-c', script, program];
}

const PEERS: readonly (Peer & { readonly through?: string })[] = [
  { name: 'regsync', program: 'regsync', args: (_, { regsync }) => ['once', '-c', regsync] },
  { name: 'regsync-raised', program: 'regsync', args: (_, { regsyncRaised }) => ['once', '-c', regsyncRaised] },
  { name: 'crane', program: 'crane', through: 'xargs', args: eachCopy('exec "$0" cp --insecure "$1" "$2"') },
  {
    name: 'oras',
    program: 'oras',
    through: 'xargs',
    args: eachCopy('exec "$0" cp --from-plain-http --to-plain-http "$1" "$2"'),
  },
  {
    name: 'skopeo',
    program: 'skopeo',
    through: 'xargs',
    args: eachCopy(
      'exec "$0" --insecure-policy copy --src-tls-verify=false --dest-tls-verify=false "docker://$1" "docker://$2"',
    ),
  },
  {
    name: 'kpromo',
    program: 'kpromo',
    args: (_, { manifests }) => ['cip', `--thin-manifest-dir=${manifests}`, '--confirm', '--sign=false'],
  },
];

/** The names that {@link findPeers} knows. */
export const PEER_NAMES: readonly string[] = PEERS.map(({ name }) => name);

/** The tools among these that are installed. */
export async function findPeers(names: readonly string[]): Promise<readonly Contender[]> {
  const found: Contender[] = [];
  for (const peer of PEERS.filter(({ name }) => names.includes(name))) {
    const path = await findPeer(peer.program);
    if (path === undefined)
      process.stderr.write(`${peer.name} is not installed (PEER_${peer.program.toUpperCase()})\n`);
    else found.push(contenderOf(peer, path));
  }
  return found;
}

function contenderOf({ name, args, through }: Peer & { readonly through?: string }, path: string): Contender {
  return {
    name,
    async run({ files, folder, timeoutMs, begin }: Trial) {
      await begin();
      return measure({
        program: through ?? path,
        args: args(path, files),
        logFile: join(folder, `${name}.log`),
        timeoutMs,
      });
    },
  };
}

async function findPeer(program: string): Promise<string | undefined> {
  const named = process.env[`PEER_${program.toUpperCase()}`];
  if (named !== undefined && named !== '') return named;
  const listed = (await readProgramList()).programs.find(({ name }) => name === program);
  return listed === undefined ? searchPath(program) : locate(listed);
}
