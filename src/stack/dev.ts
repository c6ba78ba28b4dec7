import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { portsOption, runEntry } from './entry.ts';
import type { ProcessExit } from './process.ts';
import { type Session, untilInterrupted, withStack } from './session.ts';
import { stackEnvironment } from './worker-process.ts';

interface DevOptions {
  readonly state?: string;
  readonly ports: 'preferred' | 'free';
  readonly json?: true;
}

await runEntry(
  new Command('npm run dev --')
    .description('Start the development stack of temporal-dev.yaml and a worker, until Ctrl-C.')
    .option('--state <folder>', 'keep data and stack.json in this folder (default: a temporary one)')
    .addOption(portsOption())
    .option('--json', 'print stack.json instead of a table')
    .action(runDev),
);

async function runDev({ state, ports, json }: DevOptions): Promise<void> {
  const onProgress = (line: string): void => void process.stderr.write(`${line}\n`);
  await withStack({ state, ports, onProgress }, async (session) => {
    process.stdout.write(json === true ? await readFile(session.stack.file, 'utf8') : describe(session));
    reportExits(session);
    await untilInterrupted(session);
  });
}

function describe({ stack, worker }: Session): string {
  const { temporal, registries } = stack;
  const rows = [
    ['Temporal UI', temporal.uiUrl ?? 'headless'],
    ['staging registry', registries.staging],
    ['canonical registry', registries.canonical],
    ...registries.mirrors.map((host, index) => [`mirror ${index + 1}`, host]),
    ['worker', `process ${worker.pid}, log ${worker.logFile}`],
    ['stack.json', stack.file],
  ];
  const width = Math.max(...rows.map(([name = '']) => name.length));
  const table = rows.map(([name = '', value = '']) => `  ${name.padEnd(width)}  ${value}`).join('\n');
  const environment = Object.entries(stackEnvironment(stack)).map(([name, value]) => `  export ${name}=${value}`);
  return `\n${table}\n\nIn another terminal:\n${environment.join('\n')}\n\nCtrl-C stops everything.\n`;
}

/** A program that ends by itself is reported, and the rest goes on: whoever tries out crashes kills them one by one. */
function reportExits({ stack, worker, interrupted }: Session): void {
  const report = (name: string, logFile: string, { code, signal }: ProcessExit): void => {
    if (interrupted.aborted) return;
    process.stderr.write(`${name} ended with ${signal ?? `exit code ${code}`}; its log is ${logFile}\n`);
  };
  void worker.exited.then((exit) => report('worker', worker.logFile, exit));
  void stack.firstExit.then(({ process: { name, logFile }, exit }) => report(name, logFile, exit));
}
