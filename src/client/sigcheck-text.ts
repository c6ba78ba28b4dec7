import type { ReplicationReport, SignatureFinding } from '../workflows/replication-messages.ts';
import { counted } from './units.ts';

type State = SignatureFinding['state'];

/** kpromo's lines for what it finds, and one for what it does not look for. */
const TITLES: Readonly<Record<State, (count: number) => string>> = {
  unsigned: (count) => `Fixing ${count} unsigned images`,
  partial: (count) => `Fixing ${count} images with partial signatures`,
  differing: (count) => `Fixing ${count} images with different signatures`,
};

/** What was found, and what is done about it. @param limit lines of each kind; 0 for all */
export function findingLines(
  findings: readonly SignatureFinding[],
  { confirm, limit }: { readonly confirm: boolean; readonly limit: number },
): readonly string[] {
  const states: readonly State[] = ['unsigned', 'partial', 'differing'];
  return states.flatMap((state) => {
    const ones = findings.filter((finding) => finding.state === state);
    if (ones.length === 0) return [];
    const shown = limit === 0 ? ones : ones.slice(0, limit);
    const title =
      confirm && state === 'unsigned'
        ? `${counted(ones.length, 'unsigned image')}: nothing to replicate; a promotion signs them`
        : TITLES[state](ones.length);
    return [title, ...shown.map((finding) => findingLine(finding, confirm))];
  });
}

function findingLine({ identity, digest, state, missing, differing }: SignatureFinding, confirm: boolean): string {
  const image = `${identity}@${digest}`;
  if (state === 'unsigned') return confirm ? `unsigned: ${image}` : `(NOOP) signing ${image}`;
  return `${confirm ? '' : '(NOOP) '}replicating ${image} to ${[...missing, ...differing].join(', ')}`;
}

/** What is left, and what could not be looked at. */
export function residueLines({ residue, check }: Pick<ReplicationReport, 'check' | 'residue'>): readonly string[] {
  const { images = 0, unsigned = 0, partial = 0, differing = 0 } = check ?? {};
  return [
    `${counted(images, 'image')} checked: ${unsigned} unsigned, ${partial} partly signed, ${differing} differently signed`,
    ...residue.samples.map(({ source, mirror, message }) => `not checked: ${mirror ?? source}: ${message}`),
    ...(residue.count > residue.samples.length ? [`… and ${residue.count - residue.samples.length} more`] : []),
  ];
}
