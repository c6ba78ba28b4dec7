import { counted } from '../units.ts';
import { edgeName } from './edges.ts';
import type { EdgeStep, EdgeStory } from './story.ts';

const MARKS: Readonly<Record<EdgeStep['outcome'], string>> = {
  passed: '✓',
  'kept-back': '✗',
  failed: '✗',
  'under-way': '▶',
  held: '‖',
  skipped: '↷',
  pending: '·',
};

const VERDICTS: Readonly<Record<string, string>> = {
  promote: 'promote: the destination did not have the digest',
  'tag-missing': 'tag-missing: the destination had the digest, but not the tag',
  done: 'done: the destination had it before this run',
  unplanned: 'none yet: the plan is not made',
  'not-in-this-run': 'none: this run is about other edges',
};

/** Stories for people, one after the other. */
export function renderStories(
  stories: readonly EdgeStory[],
  { total, head, ui }: { readonly total: number; readonly head: string; readonly ui: string | undefined },
): string {
  const link = ui === undefined ? '' : `${ui}\n`;
  const more = total - stories.length;
  const rest = more > 0 ? `\n… and ${counted(more, 'more edge')}; name one of them by its destination and tag\n` : '';
  return `${head}\n${link}${stories.map((story) => `\n${renderStory(story)}`).join('')}${rest}`;
}

function renderStory(story: EdgeStory): string {
  const { digest, source, file, line, commit, verdict, steps, setback, signatures, advice } = story;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['digest', digest],
    ['source', source],
    ['manifest', file === undefined ? undefined : `${file}:${line}${commit === undefined ? '' : ` at ${commit}`}`],
    ['verdict', VERDICTS[verdict] ?? verdict],
    ...steps.map(({ phase, outcome, detail }): [string, string] => [
      phase,
      `${MARKS[outcome]} ${outcome.replace('-', ' ')}${detail === undefined ? '' : `: ${detail}`}`,
    ]),
    ['last try', setback],
    ...signatures.map(({ kind, identity, format, log }): [string, string] => [
      kind,
      `${identity} (${format})${log.map(({ logIndex, address }) => `, log entry ${logIndex}${address === undefined ? '' : ` ${address}`}`).join('')}`,
    ]),
    ['to do', advice],
  ];
  const lines = facts.flatMap(([name, text]) => (text === undefined ? [] : [`  ${name.padEnd(12)}${text}\n`]));
  return `${edgeName(story)}\n${lines.join('')}`;
}
