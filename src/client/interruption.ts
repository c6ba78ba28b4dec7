import type { SignalExitCode } from './exit-code.ts';

const EXIT_CODES: readonly (readonly [NodeJS.Signals, SignalExitCode])[] = [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
];

/** Becomes aborted when somebody asks the process to end; `exitCode` is then the shell's for that signal. */
export interface Interruption {
  readonly signal: AbortSignal;
  readonly exitCode: () => SignalExitCode;
  /** Stops listening. */
  readonly close: () => void;
}

/** Listens for the signals that end a program, so that it can end in good order; the second one ends it at once. */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  let exitCode: SignalExitCode = 130;
  const listeners = EXIT_CODES.map(([name, code]) => {
    const listener = (): void => {
      exitCode = code;
      if (controller.signal.aborted) process.exit(exitCode);
      controller.abort();
    };
    process.on(name, listener);
    return () => process.off(name, listener);
  });
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    close: () => listeners.forEach((remove) => remove()),
  };
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
