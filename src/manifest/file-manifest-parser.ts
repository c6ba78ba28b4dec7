import { fileManifest } from './file-grammar.ts';
import { checkFiles } from './file-list.ts';
import type { FileBundle, FileEntry, FileManifest, FileProject } from './file-manifest.ts';
import { checkFilestores } from './filestore-list.ts';
import { ManifestError } from './manifest-error.ts';
import type { Problem } from './manifest.ts';
import { decode, type ParseContext } from './parse-context.ts';
import { addFinding, emptyReview, inOrder, type Review } from './review.ts';

/** What became of one project; `manifest` is absent when it has problems. */
export interface FileOutcome {
  /** The file that names the filestores. */
  readonly file: string;
  readonly manifest?: FileManifest;
}

/**
 * Parses and checks every project of a bundle. Pure: what a client sees in its files, a worker sees in the upload.
 *
 * @throws ManifestError with all problems of all files
 */
export function parseFileBundle(bundle: FileBundle): readonly FileManifest[] {
  const { outcomes, problems } = examineFileBundle(bundle);
  if (problems.length > 0) throw new ManifestError(problems);
  return outcomes.flatMap(({ manifest }) => manifest ?? []);
}

/** The same without throwing, so that good projects can be told from bad ones. */
export function examineFileBundle({ projects }: FileBundle): {
  readonly outcomes: readonly FileOutcome[];
  readonly problems: readonly Problem[];
} {
  const review = emptyReview();
  const parsed = projects.map((project) => outcomeOf(project, review));
  const before = review.problems.length;
  checkTargets(
    parsed.flatMap(({ manifest }) => manifest ?? []),
    review,
  );
  // Which of two projects is wrong, nobody can say.
  const outcomes = review.problems.length === before ? parsed : parsed.map(({ file }) => ({ file }));
  return { outcomes, problems: inOrder(review.problems) };
}

function outcomeOf(project: FileProject, review: Review): FileOutcome {
  const before = review.problems.length;
  const manifest = parseProject(project, { review, root: '', lenient: false });
  const { path: file } = project.filestores;
  return manifest !== undefined && review.problems.length === before ? { file, manifest } : { file };
}

function parseProject({ filestores, files }: FileProject, context: ParseContext): FileManifest | undefined {
  const stores = parseHalf(filestores, context);
  const places = stores && checkFilestores(stores.value.filestores?.value ?? [], stores.review);
  if (stores?.value.files !== undefined) {
    const message = `files should not be present in filestore manifest "${filestores.path}"`;
    stores.review.report('problem', stores.value.files.at, message);
  }
  const entries = new Map<string, FileEntry>();
  let listed = 0;
  for (const file of files) {
    const half = parseHalf(file, context);
    if (half === undefined) return undefined;
    const { value, review } = half;
    if (value.filestores !== undefined) {
      const message = `filestores should not be present in manifest "${file.path}"`;
      review.report('problem', value.filestores.at, message);
    }
    listed += value.files?.value.length ?? 0;
    checkFiles(value.files?.value ?? [], entries, review);
  }
  if (listed === 0) {
    const file = files[0]?.path ?? filestores.path;
    addFinding(context.review, 'problem', { file, message: 'at least one file must be specified' });
  }
  if (places?.source === undefined) return undefined;
  const { source, destinations } = places;
  return { file: filestores.path, source, destinations, files: [...entries.values()] };
}

function parseHalf(file: FileProject['filestores'], context: ParseContext) {
  return decode(file, 'unmarshalling file manifest YAML', fileManifest, context);
}

/** Two projects may name the same place, but not two contents for one file there. */
function checkTargets(manifests: readonly FileManifest[], review: Review): void {
  const targets = new Map<string, FileEntry>();
  for (const { destinations, files } of manifests) {
    for (const entry of files) {
      for (const { base } of destinations) {
        const address = `${base}${entry.name}`;
        const other = targets.get(address);
        targets.set(address, entry);
        if (other === undefined || other.sha256 === entry.sha256) continue;
        const { file, line } = entry;
        const message = `${address} is to have another sha256 at ${other.file}:${other.line}`;
        addFinding(review, 'problem', { file, line, message });
      }
    }
  }
}
