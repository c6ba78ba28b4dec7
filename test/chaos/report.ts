import { readFile, writeFile } from 'node:fs/promises';
import { scoreOf, type MutationFinding } from '../../tools/mutation/score.ts';
import type { FaultFinding, Finding, KillFinding, SoakFinding } from './support/record.ts';

const FINDINGS = new URL('../../docs/reliability.jsonl', import.meta.url);
const PAGE = new URL('../../docs/reliability.md', import.meta.url);
/** What stands between these lines of the page is made here. */
const FROM = '<!-- findings: npm run reliability -->';
const TO = '<!-- end of the findings -->';
const MIB = 1024 * 1024;
/** Of a message: what was being done is said first, and hosts are different every time. */
const LONGEST = 150;
const SAMPLES_SHOWN = 12;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

function killsOf(findings: readonly KillFinding[]): string {
  const rows = findings.map(({ what, victim, every, first, requests, trials, kills, seconds, wrong }) => [
    what,
    victim,
    every === 'sample' ? 'a sample' : placesOf(victim === 'worker' ? every : 20 * every, first),
    String(requests),
    String(trials),
    String(kills),
    (seconds / 60).toFixed(1),
    String(wrong.length),
  ]);
  const head = [
    'work',
    'killed',
    'at requests',
    'requests undisturbed',
    'runs',
    'kills',
    'minutes',
    'wrong afterwards',
  ];
  return table(head, rows);
}

function placesOf(every: number, first: number): string {
  return every === 1 ? 'each' : `${first}, and every ${every}th after it`;
}

function faultsOf(findings: readonly FaultFinding[]): string {
  const rows = findings.map(({ fault, place, outcome, arrived, edges, seconds, message = '', kpromo = '–', wrong }) => [
    fault,
    place,
    wrong.length === 0 ? outcome : `**wrong**: ${outcome}`,
    `${arrived} of ${edges}`,
    seconds.toFixed(0),
    wordsOf(message),
    kpromo,
  ]);
  return table(['fault', 'where', 'end', 'edges arrived', 's', 'what is said', 'kpromo v4.5.1'], rows);
}

function wordsOf(message: string): string {
  const words = message
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
    .replaceAll(/\/tmp\/[\w-]+/g, 'FOLDER')
    .replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST')
    .replaceAll('|', '\\|');
  return words.length > LONGEST ? `${words.slice(0, LONGEST)}…` : words;
}

function soakOf({ minutes, samples, wrong }: SoakFinding): string {
  const step = Math.max(1, Math.ceil(samples.length / SAMPLES_SHOWN));
  const shown = samples.filter((_, at) => at % step === 0 || at === samples.length - 1);
  const mib = (bytes: number): string => (bytes / MIB).toFixed(1);
  const rows = shown.map((sample) => [
    sample.minute.toFixed(1),
    String(sample.promotions),
    mib(sample.residentBytes),
    String(sample.descriptors),
    mib(sample.spooledBytes),
    mib(sample.databaseBytes),
    mib(sample.storeBytes),
  ]);
  const head = ['minute', 'promotions', 'worker MiB', 'descriptors', 'spool MiB', 'database MiB', 'plan store MiB'];
  return `\`npm run soak -- --minutes ${minutes}\`, ${wrong.length} wrong:\n\n${table(head, rows)}`;
}

/** Of a folder that was tried more than once, the last counts. */
function mutantsOf(findings: readonly MutationFinding[]): string {
  const last = new Map(findings.map((finding) => [finding.folder, finding]));
  const rows = [...last.values()].map((finding) => [
    `\`src/${finding.folder}\``,
    `${scoreOf(finding).toFixed(1)} %`,
    String(finding.killed),
    String(finding.timedOut),
    String(finding.survived),
    String(finding.untested),
    String(finding.left),
  ]);
  return table(['folder', 'noticed', 'a test failed', 'no end', 'survived', 'no test', 'left out'], rows);
}

const lines = (await readFile(FINDINGS, 'utf8')).split('\n').filter((line) => line !== '');
const findings = lines.map((line) => JSON.parse(line) as Finding);
const figures = [
  '## Kills\n',
  killsOf(findings.filter((finding) => finding.kind === 'kills')),
  '## Faults\n',
  faultsOf(findings.filter((finding) => finding.kind === 'fault')),
  '## Over time\n',
  ...findings.filter((finding) => finding.kind === 'soak').map(soakOf),
  '## Mutants\n',
  mutantsOf(findings.filter((finding) => finding.kind === 'mutants')),
];
const page = await readFile(PAGE, 'utf8');
const [before = '', rest = ''] = page.split(FROM);
const [, after = ''] = rest.split(TO);
await writeFile(PAGE, `${before}${FROM}\n\n${figures.join('\n')}\n${TO}${after}`);
