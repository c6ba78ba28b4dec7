import { posix } from 'node:path';
import { z } from 'zod';
import { messageOf, PromoterError } from '../errors.ts';
import { ManifestError } from './manifest-error.ts';
import { parsePlain } from './manifest-parser.ts';
import type { Manifest, ManifestBundle, Problem } from './manifest.ts';
import type { ManifestOutcome } from './parse-context.ts';
import { emptyReview, inOrder } from './review.ts';
import { parseThin } from './thin-parser.ts';

export interface ParseOptions {
  /** Takes what kpromo does not check in thin manifests (digests, tags, names, one source only) as warnings. */
  readonly lenient?: boolean;
  /** Folder that the user named, shown in front of the bundle's paths. */
  readonly root?: string;
}

/** Everything there is to say of a bundle. */
export interface Examination {
  readonly outcomes: readonly ManifestOutcome[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/**
 * Parses and checks every manifest of a bundle. Pure: what a client sees in its files, a worker sees in the upload.
 *
 * @throws ManifestError with all problems of all files
 */
export function parseBundle(
  bundle: ManifestBundle,
  options: ParseOptions = {},
): { readonly manifests: readonly Manifest[]; readonly warnings: readonly Problem[] } {
  const { outcomes, problems, warnings } = examineBundle(bundle, options);
  if (problems.length > 0) throw new ManifestError(problems);
  return { manifests: outcomes.flatMap(({ manifest }) => manifest ?? []), warnings };
}

/** The same without throwing, so that good manifests can be told from bad ones. */
export function examineBundle(bundle: ManifestBundle, options: ParseOptions = {}): Examination {
  const review = emptyReview();
  const context = { review, root: options.root ?? '', lenient: bundle.kind === 'thin' && options.lenient === true };
  const outcomes =
    bundle.kind === 'plain' ? bundle.files.map((file) => parsePlain(file, context)) : parseThin(bundle.files, context);
  return { outcomes, problems: inOrder(review.problems), warnings: inOrder(review.warnings) };
}

const bundleSchema = z.strictObject({
  kind: z.enum(['plain', 'thin']),
  files: z
    .array(
      z.strictObject({ path: z.string().refine(staysInside, 'is not a path inside the bundle'), text: z.string() }),
    )
    .refine((files) => new Set(files.map((file) => file.path)).size === files.length, 'a path is there twice'),
});

/** Canonical JSON of a bundle, UTF-8: the same files give the same bytes, in whatever order they were read. */
export function bundleBytes(bundle: ManifestBundle): Uint8Array {
  const files = bundle.files
    .map(({ path, text }) => ({ path, text }))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  return new TextEncoder().encode(JSON.stringify({ files, kind: bundle.kind }));
}

/**
 * Reads what {@link bundleBytes} wrote.
 *
 * @throws PromoterError `RequestInvalid` when the bytes are anything else
 */
export function bundleFromBytes(bytes: Uint8Array): ManifestBundle {
  try {
    return bundleSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (thrown) {
    const why = thrown instanceof z.ZodError ? z.prettifyError(thrown) : messageOf(thrown);
    throw new PromoterError('RequestInvalid', `these bytes are not a bundle of manifests: ${why}`, { cause: thrown });
  }
}

function staysInside(path: string): boolean {
  return path !== '' && path === posix.normalize(path) && !/^(?:\/|\.\.(?:\/|$))|[\\\0]/.test(path);
}
