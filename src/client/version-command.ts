import { Command } from 'commander';
import { packageVersion } from '../version.ts';
import type { CommandOutput } from './output.ts';

/** The command that prints what is running here: lines as `kpromo version` prints them, or JSON with its names. */
export function versionCommand(output: CommandOutput): Command {
  return new Command('version')
    .description('print the version of this program, of Node.js and of the platform')
    .option('--json', 'print JSON')
    .action(({ json = false }: { json?: boolean }) => {
      const facts = {
        gitVersion: `v${packageVersion()}`,
        nodeVersion: process.version,
        platform: `${process.platform}/${process.arch}`,
      };
      output.stdout.write(json ? `${JSON.stringify(facts, null, 2)}\n` : lines(facts));
    });
}

function lines(facts: Readonly<Record<string, string>>): string {
  const titled = Object.entries(facts).map(([name, value]) => [`${name[0]!.toUpperCase()}${name.slice(1)}:`, value]);
  return titled.map(([title, value]) => `${title!.padEnd(14)}${value}\n`).join('');
}
