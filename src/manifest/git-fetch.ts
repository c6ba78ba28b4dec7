import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { PromoterError } from '../errors.ts';
import { resolveCommit, type GitFolder } from './git-history.ts';
import { readFileAt, readRevision } from './git-revision.ts';
import { schemeOf, type GitScheme, type GitSource } from './git-source.ts';
import { runGit } from './git.ts';
import type { ManifestBundle } from './manifest.ts';

/** Manifests and the commit they are from. */
export interface FetchedManifests {
  readonly bundle: ManifestBundle;
  readonly commit: string;
}

export interface FetchOptions {
  /** What may be spoken, by the address and by what it redirects to. */
  readonly schemes: readonly GitScheme[];
  readonly signal?: AbortSignal;
}

/** Nothing of the repository is run or checked out; a transfer that has stalled for half a minute is given up. */
const SETTINGS: readonly string[] = [
  'core.hooksPath=/dev/null',
  'fetch.fsckObjects=true',
  'gc.auto=0',
  'http.lowSpeedLimit=1000',
  'http.lowSpeedTime=30',
  'maintenance.auto=false',
  'protocol.version=2',
];

const SSH = 'ssh -oBatchMode=yes -oConnectTimeout=30 -oServerAliveInterval=15 -oServerAliveCountMax=2';

/** What git and the servers it speaks to say when another try would be answered alike. */
const FINAL =
  /not found|could ?n[o']t find remote ref|not our ref|unadvertised object|does not (?:appear|exist)|not a git repository|authentication failed|could not read (?:username|password)|permission denied|host key verification|returned error: 4(?!08|29)|transport '.*' not allowed|dubious ownership/i;

/**
 * Fetches the manifests that a branch, tag or commit has now: that one commit, without history, into a folder that is gone
 * when this returns. Credentials are those of whoever runs this (`credential.helper`, ssh).
 *
 * @throws PromoterError `RequestInvalid` when there is no such repository, reference or folder, or we may not read it,
 *   `GitUnavailable` when it does not answer, `ProgramMissing` without git; or the signal's reason
 */
export async function fetchManifests(source: GitSource, options: FetchOptions): Promise<FetchedManifests> {
  return withFetched(source, options, async (topLevel, commit) => ({
    commit,
    bundle: await readManifestsAt(topLevel, commit, source),
  }));
}

/**
 * Lends out a folder with the one commit that a branch, tag or commit has now, and removes it.
 *
 * @param use gets the folder, whose repository is bare, and the commit
 * @throws PromoterError as {@link fetchManifests} does; or what `use` throws
 */
export async function withFetched<T>(
  source: Pick<GitSource, 'url' | 'ref'>,
  options: FetchOptions,
  use: (topLevel: string, commit: string) => Promise<T>,
): Promise<T> {
  const scheme = schemeOf(source.url);
  if (!options.schemes.includes(scheme)) {
    throw new PromoterError(
      'RequestInvalid',
      `fetching from ${source.url}: ${scheme} is not allowed here; PROMOTER_GIT_SCHEMES says what is`,
    );
  }
  const topLevel = await mkdtemp(join(tmpdir(), 'promoter-git-'));
  try {
    await fetchCommit(topLevel, source, options);
    const commit = await resolveCommit({ topLevel, prefix: '' }, 'FETCH_HEAD');
    return await use(topLevel, commit);
  } finally {
    // A helper of a git that was stopped may write its last file meanwhile.
    await rm(topLevel, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function fetchCommit(
  topLevel: string,
  { url, ref }: Pick<GitSource, 'url' | 'ref'>,
  { schemes, signal }: FetchOptions,
) {
  await runGit(topLevel, ['init', '--bare', '--quiet', '--template=']);
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
  const fetch = ['fetch', '--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--', url, ref];
  await runGit(topLevel, [...settings, ...fetch], {
    environment: {
      GIT_ALLOW_PROTOCOL: schemes.join(':'),
      GIT_SSH_COMMAND: process.env['GIT_SSH_COMMAND'] ?? SSH,
    },
    failed: (said, cause) => {
      const code = FINAL.test(said) ? 'RequestInvalid' : 'GitUnavailable';
      return new PromoterError(code, `fetching ${ref} from ${url}: ${withoutSecrets(said)}${hintFor(ref, said)}`, {
        cause: withoutSecrets(String(cause)),
      });
    },
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A setting of the worker may have put credentials into the address, which git repeats (`url.….insteadOf`). */
function withoutSecrets(said: string): string {
  return said.replaceAll(/(?<=:\/\/)[^\s/@]+@/g, '').replaceAll(/(?<=\/[^\s?]*\?)[^\s']+/g, '…');
}

function hintFor(ref: string, said: string): string {
  const isShort = /^[0-9a-f]{7,39}$/.test(ref) && /remote ref/i.test(said);
  return isShort ? '; a commit has to be named by all its 40 digits' : '';
}

async function readManifestsAt(
  topLevel: string,
  commit: string,
  { url, thinManifestDir = '', manifest }: GitSource,
): Promise<ManifestBundle> {
  const missing = (what: string): PromoterError =>
    new PromoterError('RequestInvalid', `${url} has no ${what} in ${commit}`);
  if (manifest !== undefined) {
    const text = await readFileAt({ topLevel, prefix: '' }, commit, manifest);
    if (text === undefined) throw missing(`file ${manifest}`);
    return { kind: 'plain', files: [{ path: basename(manifest), text }] };
  }
  const folder: GitFolder = { topLevel, prefix: thinManifestDir === '.' ? '' : `${thinManifestDir}/` };
  const bundle = await readRevision(folder, commit);
  if (bundle.files.length === 0) throw missing(`thin manifests in ${thinManifestDir}`);
  return bundle;
}
