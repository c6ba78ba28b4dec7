import { PromoterError } from '../errors.ts';
import { findBaseSince, locateFolder, readCheckedOut, resolveCommit, type GitFolder } from '../manifest/git-history.ts';
import { readRevision } from '../manifest/git-revision.ts';
import { examineBundle } from '../manifest/bundle.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { addedEdges } from '../plan/difference.ts';
import type { Edge } from '../plan/verdict.ts';
import { wishesOf } from '../plan/wish.ts';
import { counted } from './units.ts';

/** Which change of the manifests is meant: the one that Prow tests or has merged, or all since some date. */
export type ChangeMode = { readonly kind: 'prow' } | { readonly kind: 'since'; readonly since: string };

/** What a change of the manifests asks for. */
export interface ManifestChanges {
  readonly edges: readonly Edge[];
  /** The commit that is checked out; ends in `-dirty` where the folder differs from it. */
  readonly commit: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What to compare with: a commit, or the two states that need none. */
type Base = Awaited<ReturnType<typeof findBaseSince>>;

/**
 * Finds the edges that thin manifests ask for and did not ask for before a change, by comparing both revisions edge by
 * edge (kpromo's `--use-prow-manifest-diff` and `--manifest-diff-since`, with its messages).
 *
 * @param manifests what is in the folder now
 * @param note told what kpromo logs
 * @throws PromoterError `ConfigInvalid` when Prow's variables are missing, else as git does
 */
export async function findChanges(
  mode: ChangeMode,
  directory: string,
  manifests: readonly Manifest[],
  { lenient, environment, note }: { lenient: boolean; environment: Environment; note: (text: string) => void },
): Promise<ManifestChanges> {
  note(mode.kind === 'prow' ? 'Using prow diff' : `Using manifest diff since ${mode.since}`);
  const folder = await locateFolder(directory);
  const base =
    mode.kind === 'prow'
      ? { commit: await resolveCommit(folder, prowBase(environment)) }
      : await findBaseSince(folder, mode.since);
  if (base === 'nothing') note(`no older commit is known: everything is taken for new`);
  const before = await manifestsAt(folder, base, { lenient, manifests, note });
  const edges = [...addedEdges(wishesOf(before), wishesOf(manifests))];
  const digests = new Set(edges.map(({ digest }) => digest)).size;
  note(`Found ${digests} digests to process in diff`);
  if (edges.length === 0) note(nothingFound(mode));
  const { commit, modified } = await readCheckedOut(folder);
  return { edges, commit: modified ? `${commit}-dirty` : commit };
}

/** @throws PromoterError `ConfigInvalid` in kpromo's words */
function prowBase({ JOB_TYPE: jobType = '', PULL_BASE_SHA: pullBase = '' }: Environment): string {
  if (jobType === '') throw new PromoterError('ConfigInvalid', 'get prow diff files: JOB_TYPE not set');
  if (jobType === 'postsubmit') return 'HEAD^';
  if (jobType !== 'presubmit' && jobType !== 'batch') {
    throw new PromoterError('ConfigInvalid', `get prow diff files: unknown job type: ${jobType}`);
  }
  if (pullBase === '') throw new PromoterError('ConfigInvalid', 'get prow diff files: PULL_BASE_SHA not set');
  return pullBase;
}

async function manifestsAt(
  folder: GitFolder,
  base: Base,
  { lenient, manifests, note }: { lenient: boolean; manifests: readonly Manifest[]; note: (text: string) => void },
): Promise<readonly Manifest[]> {
  if (base === 'unchanged') return manifests;
  if (base === 'nothing') return [];
  const bundle = await readRevision(folder, base.commit);
  if (bundle.files.length === 0) return [];
  const { outcomes } = examineBundle(bundle, { lenient });
  const wrong = outcomes.filter(({ manifest }) => manifest === undefined).length;
  if (wrong > 0) note(`in ${base.commit} ${counted(wrong, 'manifest was', 'manifests were')} wrong: taken for new`);
  return outcomes.flatMap(({ manifest }) => manifest ?? []);
}

function nothingFound(mode: ChangeMode): string {
  const place = mode.kind === 'prow' ? 'in prow diff' : `in the last ${mode.since}`;
  return `No digests found ${place}, nothing to promote\nNo manifests to process, nothing to promote`;
}
