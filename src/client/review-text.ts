import type { QuarantinedEdge, VerdictCounts } from '../workflows/messages.ts';
import type { ImageReview } from './image-review.ts';
import { shortDigest } from './plan-rows.ts';
import { quoted } from './quoted.ts';
import { counted, formatBytes } from './units.ts';

/** A staging image that would be promoted, and where to. */
export interface ReviewedImage extends ImageReview {
  /** The staging repository. */
  readonly source: string;
  readonly digest: string;
  readonly edges: readonly {
    readonly destination: string;
    readonly tag?: string;
    readonly verdict: string;
    /** What the tag points to now: nothing, for an edge that can be promoted. */
    readonly before?: string | null;
  }[];
}

/** An edge that would be kept back. */
export type RefusedEdge = QuarantinedEdge & { readonly before?: string | null };

export interface PlanReview {
  readonly images: readonly ReviewedImage[];
  readonly refused: readonly RefusedEdge[];
  readonly verdicts?: VerdictCounts | undefined;
  /** The commit of the manifests, where the review is of a change. */
  readonly commit?: string;
}

/** Writes a review for people: as Markdown for a pull request, or the same facts as plain lines. */
export function renderReview(plan: PlanReview, format: 'markdown' | 'text'): string {
  const markdown = format === 'markdown';
  const head = `${markdown ? '### ' : ''}${titleOf(plan)}\n\n`;
  const images = plan.images.map((image) => renderImage(image, markdown)).join('\n');
  return `${head}${images}${renderRefused(plan.refused, markdown)}`;
}

function titleOf({ images, refused, commit }: PlanReview): string {
  const edges = images.reduce((sum, image) => sum + image.edges.length, 0);
  const kept = refused.length === 0 ? '' : `, ${counted(refused.length, 'edge')} cannot be promoted`;
  const at = commit === undefined ? '' : ` at ${commit}`;
  return edges === 0 && refused.length === 0
    ? `Nothing to promote${at}`
    : `Promotion of ${counted(images.length, 'image')} to ${counted(edges, 'place')}${kept}${at}`;
}

function renderImage(image: ReviewedImage, markdown: boolean): string {
  const code = (text: string): string => quoted(text, markdown);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['tags', tagsOf(image).map(code).join(', ') || 'none, by digest alone'],
    ['to', destinationsOf(image, code)],
    ['platforms', image.platforms?.map(code).join(', ')],
    ['size', image.bytes === undefined ? undefined : formatBytes(image.bytes)],
    ['created', image.created && code(image.created)],
    ['source', originOf(image, code)],
    ['signature', `${mark(image.signature.verdict)} ${image.signature.verdict}: ${code(image.signature.why)}`],
    ['provenance', `${mark(image.provenance.verdict)} ${image.provenance.verdict}: ${code(image.provenance.why)}`],
    ['vulnerabilities', vulnerabilitiesOf(image)],
    ['unreadable', image.unreadable && code(image.unreadable)],
  ];
  const lines = facts
    .filter((fact): fact is readonly [string, string] => fact[1] !== undefined && fact[1] !== '')
    .map(([name, value]) => (markdown ? `- ${name}: ${value}\n` : `  ${`${name}:`.padEnd(17)}${value}\n`));
  const title = `${image.source}@${shortDigest(image.digest)}`;
  return `${markdown ? `#### ${code(title)}\n\n` : `${title}\n`}${lines.join('')}`;
}

function tagsOf({ edges }: ReviewedImage): readonly string[] {
  return [...new Set(edges.flatMap(({ tag }) => tag ?? []))].sort();
}

function destinationsOf({ edges }: ReviewedImage, code: (text: string) => string): string {
  const destinations = [...new Set(edges.map(({ destination }) => destination))].sort();
  const [first = '', ...others] = destinations;
  return others.length === 0
    ? code(first)
    : `${code(first)} and ${counted(others.length, 'more registry', 'more registries')}`;
}

function originOf(image: ImageReview, code: (text: string) => string): string {
  const { sourceRepository, sourceCommit, provenance } = image;
  const repository =
    provenance.source === undefined
      ? sourceRepository && `${code(sourceRepository)} (by its label)`
      : `${code(provenance.source)} (attested)`;
  return [repository, sourceCommit && `commit ${code(sourceCommit)}`].filter((part) => part !== undefined).join(', ');
}

function vulnerabilitiesOf({ vulnerabilities }: ImageReview): string | undefined {
  if (vulnerabilities === undefined) return undefined;
  if (vulnerabilities === null) return 'not scanned';
  const counts = Object.entries(vulnerabilities).map(([severity, count]) => `${count} ${severity.toLowerCase()}`);
  return counts.join(', ') || 'none known';
}

function mark(verdict: string): string {
  if (verdict === 'verified' || verdict === 'pass') return '✓';
  return verdict === 'quarantined' || verdict === 'rejected' ? '✗' : '–';
}

function renderRefused(edges: readonly RefusedEdge[], markdown: boolean): string {
  if (edges.length === 0) return '';
  const lines = edges.map(({ destination, tag, digest, reason, message, before }) => {
    const place = tag === undefined ? `${destination}@${shortDigest(digest)}` : `${destination}:${tag}`;
    const now = typeof before === 'string' ? `; it points to ${quoted(before, markdown)}` : '';
    return `- ${quoted(place, markdown)}: ${reason}: ${quoted(message, markdown)}${now}\n`;
  });
  return `\n${markdown ? '#### ' : ''}Cannot be promoted\n\n${lines.join('')}`;
}
