import { type Command, CommanderError, Option } from 'commander';
import { PromoterError } from '../errors.ts';

/**
 * Runs a command of `npm run` with this process's arguments and sets its exit code: 0 done, 1 failed, 2 wrong usage.
 * What a person can act on is printed without a stack trace.
 */
export async function runEntry(command: Command): Promise<void> {
  try {
    await command.exitOverride().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : 2;
    } else {
      process.stderr.write(`${error instanceof PromoterError ? error.message : format(error)}\n`);
      process.exitCode = error instanceof PromoterError && error.code === 'UsageInvalid' ? 2 : 1;
    }
  }
}

/** `--ports preferred|free`, for commands that start the stack. */
export function portsOption(): Option {
  return new Option('--ports <choice>', 'the ports of temporal-dev.yaml where they are free, or always other ones')
    .choices(['preferred', 'free'])
    .default('preferred');
}

function format(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
