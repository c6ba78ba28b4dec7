import { messageOf } from '../errors.ts';
import { parseBase } from '../file-address.ts';
import type { RawFilestore } from './file-grammar.ts';
import type { Filestore } from './file-manifest.ts';
import type { FileReview } from './review.ts';
import type { Located } from './yaml-decoder.ts';

/** Where files come from and where they go. */
export interface Filestores {
  /** Absent when there is not exactly one; that was reported. */
  readonly source?: Filestore;
  readonly destinations: readonly Filestore[];
}

/** Checks the `filestores:` of a manifest, with kpromo's messages (api/files/validate.go). */
export function checkFilestores(written: readonly Located<RawFilestore>[], review: FileReview): Filestores {
  if (written.length === 0) {
    review.report('problem', 0, 'at least one filestore must be specified');
    return { destinations: [] };
  }
  const sources = written.filter(isSource);
  const [first, second] = sources;
  if (second !== undefined) review.report('problem', second.at, 'found multiple source filestores');
  if (first === undefined) review.report('problem', written[0]?.at ?? 0, 'source filestore not found');
  if (sources.length === written.length) {
    review.report('problem', written.at(-1)?.at ?? 0, 'no destination filestores found');
  }
  const seen = new Set<string>();
  const checked = written.map((filestore) => ({ filestore, place: checkPlace(filestore, seen, review) }));
  const source = checked.find(({ filestore }) => filestore === first)?.place;
  const destinations = checked.flatMap(({ filestore, place }) => (isSource(filestore) ? [] : (place ?? [])));
  return { ...(source !== undefined && { source }), destinations };
}

function isSource({ value }: Located<RawFilestore>): boolean {
  return value.src?.value === true;
}

function checkPlace(
  { value, at }: Located<RawFilestore>,
  seen: Set<string>,
  review: FileReview,
): Filestore | undefined {
  const written = value.base?.value ?? '';
  const where = value.base?.at ?? at;
  if (written === '') {
    review.report('problem', where, 'filestore did not have base set');
    return undefined;
  }
  try {
    const { base } = parseBase(written);
    if (seen.has(base)) review.report('problem', where, `filestore ${base} is listed more than once`);
    seen.add(base);
    const serviceAccount = value['service-account']?.value ?? '';
    return { base, ...(serviceAccount !== '' && { serviceAccount }) };
  } catch (thrown) {
    review.report('problem', where, messageOf(thrown));
    return undefined;
  }
}
