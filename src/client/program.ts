import { Command, CommanderError, Option } from 'commander';
import { expandBooleanFlags } from './boolean-flags.ts';
import { budgetCommand } from './budget-command.ts';
import { cipCommand } from './cip-command.ts';
import { codecServerCommand } from './codec-server-command.ts';
import { addCommandHelp } from './command-help.ts';
import { completionCommand } from './completion-command.ts';
import { configCommand } from './config-command.ts';
import { decideCommand } from './decide-command.ts';
import { EXIT_CODE, exitCodeOfError } from './exit-code.ts';
import { codeOf, describeThrown } from './failure-text.ts';
import { filesCommand, runCommand } from './files-command.ts';
import { ghCommand } from './gh-command.ts';
import { listCommand } from './list-command.ts';
import { manifestCommand } from './manifest-command.ts';
import type { CommandOutput } from './output.ts';
import { planCommand } from './plan-command.ts';
import { reportCommand } from './report-command.ts';
import { scheduleCommand } from './schedule-command.ts';
import { prCommand } from './pr-command.ts';
import { sigcheckCommand } from './sigcheck-command.ts';
import { statusCommand } from './status-command.ts';
import { notifyCommand } from './notify-command.ts';
import {
  addDestinationCommand,
  approveCommand,
  overrideFreezeCommand,
  pauseCommand,
  quarantineCommand,
  releaseCommand,
  resumeCommand,
} from './steer-command.ts';
import { uploadCommand } from './upload-command.ts';
import { verifyCommand } from './verify-command.ts';
import { versionCommand } from './version-command.ts';
import { watchCommand } from './watch-command.ts';
import { whyCommand } from './why-command.ts';
import { workerCommand } from './worker-command.ts';
import { packageVersion } from '../version.ts';

const HELP = `
With a Temporal server (--address, TEMPORAL_ADDRESS, or a profile in temporal.toml) the work is done by the workers
there. Without one, a server is started for as long as the command runs; it remembers everything in the state folder.

Environment:
  TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE   the server, and the namespace on it
  TEMPORAL_UI_ADDRESS                    address of its UI, for links
  PROMOTER_PLAN_STORE                    what is shared with the workers: a folder, or oci://host/repository
  PROMOTER_STATE                         folder for what must outlive this process
  PROMOTER_CONFIG                        promoter.yaml; \`promoter config show\` says what is configured, and where
  NO_COLOR                               no colours on terminals

Exit codes:
  0  done                                   3  finished, but edges were quarantined
  1  failed                                 4  held, paused or waiting for an approval
  2  wrong usage, or wrong manifests        5  another promotion is running

\`promoter help <command>\` says more of each command.
`;

/** The whole command line. */
export function createProgram(output: CommandOutput): Command {
  const program = new Command('promoter')
    .description(
      'Decides which container images the world may pull: promotes them from staging to production registries.',
    )
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', HELP)
    .configureHelp({ showGlobalOptions: false })
    // kpromo takes this one before the name of the command as well as after it.
    .enablePositionalOptions()
    .addOption(new Option('--log-level <level>').hideHelp())
    .hook('preSubcommand', (root, command) => {
      const level: unknown = root.opts()['logLevel'];
      if (level !== undefined) command.setOptionValueWithSource('logLevel', level, 'cli');
    })
    .commandsGroup('Promote:')
    .addCommand(cipCommand(output))
    .addCommand(planCommand(output))
    .addCommand(filesCommand(output))
    .addCommand(ghCommand(output))
    .addCommand(runCommand(output))
    .addCommand(workerCommand())
    .commandsGroup('Look after runs:')
    .addCommand(statusCommand(output))
    .addCommand(listCommand(output))
    .addCommand(watchCommand(output))
    .addCommand(reportCommand(output))
    .addCommand(whyCommand(output))
    .addCommand(decideCommand('retry', output))
    .addCommand(decideCommand('skip', output))
    .addCommand(decideCommand('abort', output))
    .addCommand(pauseCommand(output))
    .addCommand(resumeCommand(output))
    .addCommand(approveCommand(output))
    .addCommand(overrideFreezeCommand(output))
    .addCommand(quarantineCommand(output))
    .addCommand(releaseCommand(output))
    .addCommand(addDestinationCommand(output))
    .addCommand(budgetCommand(output))
    .addCommand(scheduleCommand(output))
    .commandsGroup('Look at images:')
    .addCommand(verifyCommand(output))
    .addCommand(sigcheckCommand(output))
    .commandsGroup('Work on manifests:')
    .addCommand(manifestCommand(output).addCommand(uploadCommand(output)))
    .addCommand(prCommand(output))
    .commandsGroup('Set up:')
    .addCommand(configCommand(output))
    .addCommand(notifyCommand(output))
    .addCommand(codecServerCommand(output))
    .addCommand(completionCommand(output))
    .addCommand(versionCommand(output));
  prepare(program, output);
  return program;
}

/** Runs the command line with some arguments; whatever happens is printed and becomes the exit code. */
export async function runProgram(program: Command, args: readonly string[], output: CommandOutput): Promise<void> {
  try {
    await program.parseAsync(expandBooleanFlags(program, args), { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      output.setExitCode(error.exitCode === 0 ? EXIT_CODE.done : EXIT_CODE.usage);
      return;
    }
    const exitCode = exitCodeOfError(error);
    output.setExitCode(exitCode);
    if (args.includes('--json') || args.includes('--json=true')) {
      const failure = { code: codeOf(error), message: describeThrown(error) };
      output.stdout.write(`${JSON.stringify({ outcome: 'error', exitCode, failure }, null, 2)}\n`);
    }
    output.stderr.write(`${isTalkative(args) && error instanceof Error ? error.stack : describeThrown(error)}\n`);
  }
}

function prepare(command: Command, output: CommandOutput, path: readonly string[] = []): void {
  addCommandHelp(command, path.join(' '));
  command.exitOverride().configureOutput({
    writeOut: (text) => void output.stdout.write(text),
    writeErr: (text) => void output.stderr.write(text),
    getOutHelpWidth: () => output.stdout.columns ?? 120,
    getErrHelpWidth: () => output.stderr.columns ?? 120,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  for (const child of command.commands) prepare(child, output, [...path, child.name()]);
}

function isTalkative(args: readonly string[]): boolean {
  return /--log-level[= ](debug|trace)\b/.test(args.join(' '));
}
