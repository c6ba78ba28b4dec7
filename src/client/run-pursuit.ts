import type { Config } from '../config.ts';
import { EXIT_CODE, type ExitCode } from './exit-code.ts';
import { describeThrown } from './failure-text.ts';
import { listenForInterruption } from './interruption.ts';
import type { CommandOutput } from './output.ts';
import { followRun, type RunEnd } from './run-follow.ts';
import type { RunReference } from './run-request.ts';
import { setbackLine, type Setback } from './run-setbacks.ts';
import { withSession } from './session-loop.ts';
import { runLink, type TemporalSession } from './temporal-session.ts';

/** A workflow to be started and followed. */
export interface Pursuit<R> {
  /** Starts the run, or finds the one that is doing the same already. */
  readonly begin: (session: TemporalSession) => Promise<RunReference>;
  /** How far it is, in a line that is shown now and then; nothing while there is nothing to tell. */
  readonly lineOf: (report: R) => string | undefined;
  readonly exitCodeOf: (report: R) => ExitCode;
  /** What to say of a run that is held, which then is followed no longer; without it runs are never held. */
  readonly heldText?: (report: R, run: RunReference) => string;
}

export type PursuitEnd<R> = RunEnd<R> & { readonly exitCode: ExitCode };

const LINE_EVERY_MS = 10_000;

/**
 * Follows a run to its end; progress, and why it failed, go to stderr.
 *
 * @throws PromoterError as opening a session and following a run do
 */
export async function pursueRun<R extends { readonly outcome: string }>(
  config: Config,
  output: CommandOutput,
  { begin, lineOf, exitCodeOf, heldText }: Pursuit<R>,
): Promise<PursuitEnd<R>> {
  const interruption = listenForInterruption();
  const note = (line: string): void => void output.stderr.write(`${line}\n`);
  try {
    let run: RunReference | undefined;
    const end = await withSession(config, { worker: true, onNote: note }, async (session) => {
      run ??= await begin(session);
      const link = runLink(session, config.namespace, run);
      if (link !== undefined) note(link);
      return followRun<R>(session, run, {
        onReport: showAsLines(note, lineOf),
        onNote: note,
        signal: interruption.signal,
        stopAtHold: heldText !== undefined,
      });
    });
    if (end.kind === 'held' && run !== undefined) output.stderr.write(heldText?.(end.report, run) ?? '');
    if (end.kind === 'failed') note(describeThrown(end.failure));
    if (end.kind === 'interrupted') return { ...end, exitCode: interruption.exitCode() };
    return { ...end, exitCode: end.kind === 'failed' ? EXIT_CODE.failed : exitCodeOf(end.report) };
  } finally {
    interruption.close();
  }
}

function showAsLines<R>(note: (line: string) => void, lineOf: Pursuit<R>['lineOf']) {
  let next = Date.now() + LINE_EVERY_MS;
  const said = new Set<string>();
  return (report: R, setbacks: readonly Setback[]): void => {
    for (const setback of setbacks) {
      const line = setbackLine(setback);
      if (!said.has(line)) note(line);
      said.add(line);
    }
    const line = Date.now() < next ? undefined : lineOf(report);
    if (line === undefined) return;
    next = Date.now() + LINE_EVERY_MS;
    note(line);
  };
}
