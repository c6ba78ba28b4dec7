/** What people can be told of. `dry-run` and `test` are told to those who ask for them only. */
export const NOTIFICATION_EVENTS = [
  'held',
  'awaiting-approval',
  'done',
  'quarantined',
  'failed',
  'replication-stale',
  'dry-run',
  'test',
] as const;
export type NotificationEvent = (typeof NOTIFICATION_EVENTS)[number];

/** What a target is told of unless it says so itself. */
export const USUAL_EVENTS: readonly NotificationEvent[] = NOTIFICATION_EVENTS.filter(
  (event) => event !== 'dry-run' && event !== 'test',
);

/** Something that happened to a run. JSON as it is; it is in the workflow's history, so that nothing in it is secret. */
export interface Notification {
  /** The same for every attempt and every target: receivers tell by it what they know already. */
  readonly id: string;
  readonly event: NotificationEvent;
  readonly workflowId: string;
  readonly runId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Where images go. */
  readonly destinations: readonly string[];
  readonly commit?: string;
  /** The phase that is held. */
  readonly phase?: string;
  /** Why it is held, why it failed, or what has not been compared. */
  readonly reason?: string;
  readonly edges?: { readonly copied: number; readonly present: number; readonly quarantined: number };
  /** What was quarantined: the first few, a sentence each. */
  readonly quarantined?: readonly string[];
}

/** A notification with the page of its run in Temporal's UI, where that is known. */
export interface LinkedNotification extends Notification {
  readonly link?: string;
}

const LONGEST_REASON = 1_000;

const DECISIONS: Readonly<Partial<Record<NotificationEvent, string>>> = {
  held: 'promoter retry, skip or abort ID',
  'awaiting-approval': 'promoter approve or abort ID',
};

/** One line that says what happened. */
export function titleOf({ event, destinations, phase, edges }: Notification): string {
  const to = destinations.length === 0 ? '' : ` to ${shorten(destinations)}`;
  switch (event) {
    case 'held':
      return `Promotion${to} is held in ${phase ?? 'a phase'}`;
    case 'awaiting-approval':
      return `Promotion${to} waits for an approval`;
    case 'done':
      return `Promotion${to} is done: ${(edges?.copied ?? 0) + (edges?.present ?? 0)} edges`;
    case 'quarantined':
      return `Promotion${to} ended with ${edges?.quarantined ?? 0} edges in quarantine`;
    case 'failed':
      return `Promotion${to} failed`;
    case 'dry-run':
      return `Dry run of a promotion${to} is done`;
    case 'replication-stale':
      return 'Signatures of a mirror have not been compared for too long';
    case 'test':
      return 'This is a test of the image promoter’s notifications';
  }
}

/** The rest, a line for each thing that there is to say. */
export function linesOf(notification: LinkedNotification): readonly string[] {
  const { event, workflowId, reason, quarantined = [], commit, link } = notification;
  const told: readonly (readonly [string, string | undefined])[] = [
    ['Run', workflowId],
    ['Commit', commit],
    ['Reason', reason?.slice(0, LONGEST_REASON)],
    ['To decide', DECISIONS[event]?.replace('ID', `'${workflowId}'`)],
    ...quarantined.map((message) => ['Quarantined', message] as const),
    ['See', link],
  ];
  return told.flatMap(([name, text]) => (text === undefined || text === '' ? [] : [`${name}: ${text}`]));
}

function shorten([first = '', ...others]: readonly string[]): string {
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}
