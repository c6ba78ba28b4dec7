import { setTimeout as delay } from 'node:timers/promises';

/** Resolves as soon as a condition holds; the test's own timeout is the limit. */
export async function waitFor(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(10);
}
