import { readFile, writeFile } from 'node:fs/promises';
import { drawChart } from './chart.ts';
import type { Result } from './result.ts';
import { outcomeOf } from './table.ts';
import { commandOf, groupTrials, titleOf, type Trials } from './trials.ts';

const RESULTS = new URL('../docs/performance.jsonl', import.meta.url);
const CHART = new URL('../docs/images/performance.svg', import.meta.url);
const PAGE = new URL('../docs/performance.md', import.meta.url);
/** What stands between these lines of the page is made here. */
const FROM = '<!-- figures: npm run bench:report -->';
const TO = '<!-- end of the figures -->';
const MIB = 1024 * 1024;

function figuresOf(trials: Trials): string {
  const { work, results } = trials;
  const rows = results.map((result) => {
    const { tool, wallMs, cpuMs, peakBytes, requests, floor, throttled } = result;
    const cells = [
      tool,
      (wallMs / 1000).toFixed(1),
      cpuMs === undefined ? '–' : (cpuMs / 1000).toFixed(1),
      peakBytes === undefined ? '–' : (peakBytes / MIB).toFixed(0),
      requests.toLocaleString('en'),
      (requests / floor).toFixed(2),
      String(throttled),
      outcomeOf(result),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const floor = results[0]?.floor.toLocaleString('en');
  return [
    `### ${titleOf(work)}`,
    '',
    `\`${commandOf(trials)}\`, floor ${floor} requests`,
    '',
    '| tool | wall s | CPU s | MiB | requests | × floor | 429 | outcome |',
    '| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |',
    ...rows,
    '',
  ].join('\n');
}

const lines = (await readFile(RESULTS, 'utf8')).split('\n').filter((line) => line !== '');
const trials = groupTrials(lines.map((line) => JSON.parse(line) as Result));
await writeFile(CHART, drawChart(trials));
const page = await readFile(PAGE, 'utf8');
const [before = '', rest = ''] = page.split(FROM);
const [, after = ''] = rest.split(TO);
await writeFile(PAGE, `${before}${FROM}\n\n${trials.map(figuresOf).join('\n')}\n${TO}${after}`);
