import { Command } from 'commander';
import { Listr } from 'listr2';
import { runEntry } from './entry.ts';
import { type Program, readProgramList } from './program-list.ts';
import { install, missingPrograms } from './programs.ts';

const DEFAULT_GROUPS = ['core', 'light'];
const PLAIN_EVERY_SECONDS = 15;

await runEntry(
  new Command('npm run tools --')
    .description('Install the programs of tools/programs.yaml that are missing, into tools/bin.')
    .argument(
      '[names...]',
      'programs, or groups of them: core, light, full, judge, buckets, observe, deploy',
      DEFAULT_GROUPS,
    )
    .action(runTools),
);

async function runTools(names: readonly string[]): Promise<void> {
  const list = await readProgramList();
  const missing = await missingPrograms(list, names);
  if (missing.length === 0) {
    process.stderr.write(`nothing to install: ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} there\n`);
    return;
  }
  const interval = process.stderr.isTTY ? 1 : PLAIN_EVERY_SECONDS;
  await new Listr(
    missing.map((program) => ({
      title: title(program),
      task: async (_, task): Promise<void> => {
        let next = 0;
        let elapsed = 0;
        await install(program, list, ({ state, elapsedSeconds }) => {
          elapsed = elapsedSeconds;
          if (elapsedSeconds < next) return;
          next = elapsedSeconds + interval;
          task.output = `${program.name}: ${state}, ${elapsedSeconds} s`;
        });
        task.title = `${title(program)}: ${elapsed} s`;
      },
    })),
    { concurrent: false, fallbackRenderer: 'simple' },
  ).run();
}

function title({ name, version, purpose }: Program): string {
  return `${name} ${version} (${purpose})`;
}
