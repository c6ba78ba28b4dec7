import { Command } from 'commander';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import type { CommandOutput } from './output.ts';

const HELP = `
An edge is one digest from one place to another under one tag. Call it by its digest or the beginning of that, by a
reference with tag or digest, or by a repository; the end of the path is enough. All that are meant are told of.

Exit codes: 0 it is told; 1 the server or the plan store cannot be read, or does not know the run; 2 there is no such edge.

Examples:
  $ promoter why 'promotion/registry.example.com+2' registry.example.com/production/web:v1.1.0
  $ promoter why 'promotion/registry.example.com+2' web:v1.1.0
  $ promoter why 'promotion/registry.example.com+2' 9adcf17b12a6
`;

/** The command that tells the story of one edge. */
export function whyCommand(output: CommandOutput): Command {
  const command = new Command('why')
    .description('tell what a run made of an edge: verdict, phases, what failed, signatures, what to do')
    .argument('<id>', 'workflow id')
    .argument('<edge>', 'digest, reference or repository');
  return addServerOptions(command)
    .addHelpText('after', HELP)
    .action(async (id: string, edge: string, options: ServerOptions) => {
      const { runWhy } = await import('./why/why.ts');
      await runWhy(id, edge, options, output);
    });
}
