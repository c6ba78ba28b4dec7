import { setTimeout as delay } from 'node:timers/promises';
import type { Look } from './contact.ts';
import { setbackLine } from './run-setbacks.ts';

/** How {@link attendAnswer} looks at the run, and whom it tells. */
export interface AnswerWatch {
  readonly look: () => Promise<Look | undefined>;
  /** Told of every look: it says when server or workers are silent. @throws to give up */
  readonly record: (look: Look | undefined) => void;
  readonly onNote: (note: string) => void;
  /** Between two looks, in milliseconds. */
  readonly everyMs?: number;
}

const EVERY_MS = 2_000;

/**
 * Waits for the answer of a run, and says meanwhile what it waits for: a server or worker that is away, or what is being
 * tried again. Most answers are there at once, and nothing is said.
 *
 * @throws what the answer throws, or whoever records the looks
 */
export async function attendAnswer<T>(
  answer: Promise<T>,
  { look, record, onNote, everyMs = EVERY_MS }: AnswerWatch,
): Promise<T> {
  const over = new AbortController();
  const there = answer.then(
    () => 'there' as const,
    () => 'there' as const,
  );
  const said = new Set<string>();
  try {
    for (;;) {
      const pause = delay(everyMs, 'look' as const, { signal: over.signal });
      pause.catch(() => undefined);
      if ((await Promise.race([there, pause])) === 'there') return await answer;
      const seen = await Promise.race([there, look()]);
      if (seen === 'there') return await answer;
      record(seen);
      for (const line of seen?.running === true ? seen.setbacks.map(setbackLine) : []) {
        if (!said.has(line)) onNote(line);
        said.add(line);
      }
    }
  } finally {
    // What is still waited for would keep the process alive.
    over.abort();
  }
}
