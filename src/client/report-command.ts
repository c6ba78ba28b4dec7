import { Command, Option } from 'commander';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import type { CommandOutput } from './output.ts';

export interface ReportOptions extends ServerOptions {
  readonly markdown?: boolean;
  readonly html?: boolean;
}

const HELP = `
It reads the plan store (--plan-store) beside the server; no worker has to be there.
What is cut short in the other formats is whole in --json.

Exit codes: those of \`promoter status\`: 0 running or done, 1 failed, 3 quarantined, 4 held.

Examples:
  $ promoter report
  $ promoter report 'promotion/registry.example.com+2' --html > report.html
  $ promoter report 'promotion/registry.example.com+2' --markdown | gh issue comment 12 --body-file -
`;

/** The command that reports on a run: phases, plan, requests, quarantine, signatures. */
export function reportCommand(output: CommandOutput): Command {
  const command = new Command('report')
    .description('report on a run, ended or not: phases, plan, requests by host, quarantine, signatures')
    .argument('[id]', 'workflow id; the latest run if none is given')
    .addOption(new Option('--html', 'one self-contained page, with charts').conflicts(['markdown', 'json']))
    .addOption(new Option('--markdown', 'Markdown, for an issue or a pull request').conflicts('json'));
  return addServerOptions(command)
    .addHelpText('after', HELP)
    .action(async (id: string | undefined, options: ReportOptions) => {
      const { runReport } = await import('./report.ts');
      await runReport(id, options, output);
    });
}
