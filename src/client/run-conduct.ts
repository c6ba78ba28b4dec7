import type { Config } from '../config.ts';
import { listenForInterruption } from './interruption.ts';
import { showAsLines } from './line-progress.ts';
import type { CommandOutput, OutputStream } from './output.ts';
import type { Progress } from './progress.ts';
import { followRun } from './run-follow.ts';
import type { ExitCode } from './exit-code.ts';
import { printEnd, type FollowedRun } from './run-end.ts';
import type { RunReference } from './run-request.ts';
import { withSession } from './session-loop.ts';
import { runLink, type TemporalSession } from './temporal-session.ts';

export interface ConductOptions {
  readonly output: CommandOutput;
  readonly json: boolean;
  /** Self-contained, start the server with its UI. */
  readonly ui: boolean;
  /** Whether a held phase ends the command. */
  readonly stopAtHold: boolean;
}

type Begin = (session: TemporalSession, note: (text: string) => void) => Promise<RunReference>;

/**
 * Follows a run from where `begin` starts or finds it to its end, shows how it gets on, and prints how it ended.
 *
 * @param begin called once; what it says as a note is shown before anything else
 * @throws PromoterError as `begin` and {@link withSession} do
 */
export async function conductRun(config: Config, options: ConductOptions, begin: Begin): Promise<void> {
  const { output, json } = options;
  await attendRun(config, options, begin, (end) => printEnd(end, { config, output, json }));
}

/** The same for whoever prints the end otherwise. @param print answers with the exit code; none when it was interrupted */
export async function attendRun(
  config: Config,
  options: ConductOptions,
  begin: Begin,
  print: (end: FollowedRun) => Promise<ExitCode | undefined>,
): Promise<void> {
  const { output } = options;
  const interruption = listenForInterruption();
  const progress = await openProgress(output.stderr);
  let run: RunReference | undefined;
  try {
    const needs = { worker: true, ui: options.ui, onNote: progress.note };
    const end = await withSession(config, needs, async (session) => {
      run ??= await begin(session, progress.note);
      const link = runLink(session, config.namespace, run);
      if (link !== undefined) progress.note(link);
      const followed = await followRun(session, run, {
        onReport: progress.show,
        onNote: progress.note,
        signal: interruption.signal,
        stopAtHold: options.stopAtHold,
      });
      return { ...followed, run, link, server: session.server };
    });
    progress.close();
    output.setExitCode((await print(end)) ?? interruption.exitCode());
  } finally {
    progress.close();
    interruption.close();
  }
}

async function openProgress(stream: OutputStream): Promise<Progress> {
  if (stream.isTTY !== true) return showAsLines(stream);
  const { showOnTerminal } = await import('./terminal-progress.ts');
  return showOnTerminal(stream);
}
