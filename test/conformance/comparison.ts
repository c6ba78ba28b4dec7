import type { Ending } from './command-line.ts';
import type { RecordedLine } from './recording.ts';

/** A case of the suite with what each of its commands did; it ends where its first expectation was not met. */
export interface RecordedCase {
  readonly title: string;
  readonly commands: readonly Ending[];
  readonly passed: boolean;
}

const LONGEST_MESSAGE = 160;

/** The cases of a recording, in their order. */
export function readRecording(text: string): readonly RecordedCase[] {
  const cases: { title: string; commands: Ending[]; passed: boolean }[] = [];
  for (const line of text.split('\n').filter((line) => line !== '')) {
    const recorded = JSON.parse(line) as RecordedLine;
    if ('begins' in recorded) cases.push({ title: recorded.begins, commands: [], passed: false });
    else if ('ends' in recorded) cases.at(-1)!.passed = recorded.ends === 'passed';
    // What a `before` hook runs belongs to no case.
    else cases.at(-1)?.commands.push(recorded);
  }
  return cases;
}

/**
 * Both outcomes of every case that is a row of the catalogue (`E1` and so on), as a table in Markdown: the exit codes of
 * its commands, and the last thing that was said.
 */
export function renderComparison(ours: readonly RecordedCase[], theirs: readonly RecordedCase[]): string {
  const others = new Map(theirs.map((one) => [one.title, one]));
  const rows = ours
    .filter(({ title, commands }) => /\bE\d+\b/.test(title) && commands.length > 0)
    .map((one) => {
      const other = others.get(one.title);
      const same = other !== undefined && exits(one) === exits(other) ? '=' : '≠';
      return `| ${[cell(one.title), outcome(one), other === undefined ? 'not run' : outcome(other), same].join(' | ')} |`;
    });
  return ['| case | promoter | kpromo | exit codes |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function outcome(one: RecordedCase): string {
  const last = one.commands.at(-1);
  const said = last === undefined ? '' : lastLine(last);
  const codes = one.commands.length === 0 ? 'no command' : `exit ${exits(one)}`;
  return [codes, ...(said === '' ? [] : [cell(said)]), ...(one.passed ? [] : ['expectation not met'])].join('; ');
}

function exits({ commands }: RecordedCase): string {
  return commands.map(({ exit }) => exit).join(', ');
}

function lastLine({ stdout, stderr }: Ending): string {
  const said = stderr.trim() === '' ? stdout : stderr;
  return said.trim().split('\n').at(-1) ?? '';
}

/** Without what is another one in every run: ports, temporary folders, digests, times. */
function cell(text: string): string {
  return text
    .replaceAll(/127\.0\.0\.1:\d+/g, 'registry')
    .replaceAll(/\/tmp\/[\w./-]+/g, '…')
    .replaceAll(/sha256:[0-9a-f]{8,64}/g, 'sha256:…')
    .replaceAll(/\b\d+(?:\.\d+)?(?:ms|µs|s)\b/g, '…')
    .replaceAll('|', String.raw`\|`)
    .replaceAll(/[<>*_`]/g, String.raw`\$&`)
    .slice(0, LONGEST_MESSAGE);
}
