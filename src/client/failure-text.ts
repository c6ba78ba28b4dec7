import { messageOf, PromoterError } from '../errors.ts';

/** Wrappers of Temporal's whose own message says only that something below failed. */
const WRAPPERS: ReadonlySet<string> = new Set([
  'WorkflowFailedError',
  'WorkflowUpdateFailedError',
  'ActivityFailure',
  'ChildWorkflowFailure',
]);

/**
 * What went wrong in one text: of a chain of causes the innermost message first, since it says what to do, then the
 * messages around it that say more.
 */
export function describeThrown(thrown: unknown): string {
  const messages = causesOf(thrown)
    .filter((cause) => !(cause instanceof Error && WRAPPERS.has(cause.name)))
    .map(messageOf)
    .filter((message) => message !== '');
  const kept: string[] = [];
  for (const message of messages) {
    if (!kept.some((outer) => outer.includes(message))) kept.push(message);
  }
  if (kept.length === 0) return messageOf(thrown);
  const [first = '', ...around] = kept.reverse();
  return [first, ...around.filter((message) => !first.includes(message)).map((message) => `  in: ${message}`)].join(
    '\n',
  );
}

/** The code of the innermost error that has one: of ours, or the type of Temporal's failure that stands for it. */
export function codeOf(thrown: unknown): string | undefined {
  return causesOf(thrown)
    .map((cause) => {
      if (cause instanceof PromoterError) return cause.code;
      const type: unknown = cause instanceof Error && 'type' in cause ? cause.type : undefined;
      return typeof type === 'string' ? type : undefined;
    })
    .findLast((code) => code !== undefined);
}

function causesOf(thrown: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  for (let cause = thrown; cause !== undefined && cause !== null && causes.length < 20;) {
    causes.push(cause);
    // Our own messages say all that an operator needs of what is underneath.
    cause = cause instanceof Error && !(cause instanceof PromoterError) ? cause.cause : undefined;
  }
  return causes;
}
