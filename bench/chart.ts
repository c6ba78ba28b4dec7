import type { Result } from './result.ts';
import { outcomeOf } from './table.ts';
import { titleOf, type Trials } from './trials.ts';

const WIDTH = 860;
const LABEL = 190;
const BAR = 16;
const GAP = 6;
const HEAD = 34;
const BARS = WIDTH - LABEL - 230;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; }
  .own { fill: #1f6feb; }
  .peer { fill: #9aa4af; }
  .failed { fill: #d1242f; }
  @media (prefers-color-scheme: dark) { text { fill: #e6edf3; } .peer { fill: #6e7681; } }
`;

/** A chart of seconds, a group of bars for each work; the longest bar of a group is as wide as there is room. */
export function drawChart(trials: readonly Trials[]): string {
  let top = 0;
  const groups = trials.map((trial) => {
    const drawn = drawGroup(trial, top);
    top += HEAD + trial.results.length * (BAR + GAP) + GAP;
    return drawn;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${top}" width="${WIDTH}" role="img" aria-label="Seconds for the same work">`,
    `<style>${STYLE}</style>`,
    ...groups,
    '</svg>\n',
  ].join('\n');
}

function drawGroup({ work, results }: Trials, top: number): string {
  const longest = Math.max(...results.map(({ wallMs }) => wallMs));
  const bars = results.map((result, index) => drawBar(result, longest, top + HEAD + index * (BAR + GAP)));
  return [`<text class="title" x="0" y="${top + 22}">${titleOf(work)}</text>`, ...bars].join('\n');
}

function drawBar(result: Result, longest: number, y: number): string {
  const { tool, wallMs, requests } = result;
  const outcome = outcomeOf(result);
  const width = Math.max(2, (wallMs / longest) * BARS).toFixed(1);
  const kind = outcome === 'ok' ? (tool.startsWith('promoter') ? 'own' : 'peer') : 'failed';
  const note = outcome === 'ok' ? '' : `, ${outcome}`;
  const middle = y + BAR - 3;
  return [
    `<text x="${LABEL - 8}" y="${middle}" text-anchor="end">${tool}</text>`,
    `<rect class="${kind}" x="${LABEL}" y="${y}" width="${width}" height="${BAR}" rx="2"/>`,
    `<text x="${LABEL + Number(width) + 8}" y="${middle}">${(wallMs / 1000).toFixed(1)} s, ${requests.toLocaleString('en')} requests${note}</text>`,
  ].join('\n');
}
