/** A time in which nothing is promoted: from one moment to another, or every week from one weekday and time to another. */
export interface FreezeWindow {
  /** `2026-12-20`, `2026-12-20 18:00`, an instant such as `2026-12-20T18:00:00Z`, or `Fri 16:00`. */
  readonly from: string;
  readonly to: string;
  /** Of an IANA name such as `Europe/Berlin`; UTC unless given. */
  readonly timeZone?: string;
  readonly reason?: string;
}

/** A freeze that holds now. */
export interface Freeze {
  /** When it ends, in milliseconds since the epoch. */
  readonly until: number;
  readonly reason?: string;
}

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const WEEKLY = /^(sun|mon|tue|wed|thu|fri|sat)[a-z]* (\d{1,2}):(\d{2})$/i;
const LOCAL = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(?::\d{2})?)?$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/;
const MINUTE_MS = 60_000;
const WEEK_MINUTES = 7 * 24 * 60;

/** What is wrong with a window, as it follows what was written; nothing when it is in order. */
export function freezeProblem(window: FreezeWindow): string | undefined {
  const { from, to, timeZone = 'UTC' } = window;
  const strange = [from, to].find((text) => !isWeekly(text) && !isDate(text));
  if (strange !== undefined) {
    return `'${strange}' is neither a date (2026-12-20, 2026-12-20 18:00, 2026-12-20T18:00:00Z) nor a weekday with a time (Fri 16:00)`;
  }
  if (!isTimeZone(timeZone)) return `'${timeZone}' is no time zone such as Europe/Berlin`;
  if (isWeekly(from) !== isWeekly(to)) return 'goes from a date to a weekday, or the other way: write two of one kind';
  return isWeekly(from) || boundary(window, 'from') < boundary(window, 'to') ? undefined : 'ends before it begins';
}

/**
 * The freeze that holds at a moment: of several, the one that ends last.
 *
 * @param now milliseconds since the epoch
 */
export function freezeAt(windows: readonly FreezeWindow[], now: number): Freeze | undefined {
  const holding = windows.flatMap((window): Freeze[] => {
    const until = isWeekly(window.from) ? weeklyEnd(window, now) : datedEnd(window, now);
    if (until === undefined) return [];
    return [{ until, ...(window.reason === undefined ? {} : { reason: window.reason }) }];
  });
  return holding.sort((a, b) => b.until - a.until)[0];
}

function datedEnd(window: FreezeWindow, now: number): number | undefined {
  const to = boundary(window, 'to');
  return boundary(window, 'from') <= now && now < to ? to : undefined;
}

function weeklyEnd({ from, to, timeZone = 'UTC' }: FreezeWindow, now: number): number | undefined {
  const wall = wallClock(now, timeZone);
  const minute = minuteOfWeek(new Date(wall));
  const [start, end] = [parseWeekly(from), parseWeekly(to)];
  // The same moment twice is the whole week.
  const length = (end - start + WEEK_MINUTES) % WEEK_MINUTES || WEEK_MINUTES;
  const gone = (minute - start + WEEK_MINUTES) % WEEK_MINUTES;
  if (gone >= length) return undefined;
  const endWall = Math.floor(wall / MINUTE_MS) * MINUTE_MS + (length - gone) * MINUTE_MS;
  return instantOf(endWall, timeZone);
}

function boundary({ timeZone = 'UTC', ...window }: FreezeWindow, end: 'from' | 'to'): number {
  const text = window[end];
  if (INSTANT.test(text)) return Date.parse(text);
  const [, date, time = '00:00'] = LOCAL.exec(text) ?? [];
  return instantOf(Date.parse(`${date}T${time}:00Z`), timeZone);
}

function parseWeekly(text: string): number {
  const [, day = '', hours, minutes] = WEEKLY.exec(text) ?? [];
  const weekday = WEEKDAYS.findIndex((name) => name === day.toLowerCase());
  return (weekday * 24 + Number(hours)) * 60 + Number(minutes);
}

function minuteOfWeek(wall: Date): number {
  return (wall.getUTCDay() * 24 + wall.getUTCHours()) * 60 + wall.getUTCMinutes();
}

/** What clocks show in a time zone at an instant, as if it were UTC. */
function wallClock(instant: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, value]));
  const at = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  return Date.parse(`${at('year')}-${at('month')}-${at('day')}T${at('hour')}:${at('minute')}:${at('second')}Z`);
}

/** The instant at which clocks in a time zone show something. In the hour that does not exist in spring it is the next one. */
function instantOf(wall: number, timeZone: string): number {
  const guess = wall - (wallClock(wall, timeZone) - wall);
  return guess - (wallClock(guess, timeZone) - wall);
}

function isWeekly(text: string): boolean {
  const [, , hours, minutes] = WEEKLY.exec(text) ?? [];
  return hours !== undefined && Number(hours) < 24 && Number(minutes) < 60;
}

function isDate(text: string): boolean {
  if (INSTANT.test(text)) return !Number.isNaN(Date.parse(text));
  const [, date, time = '00:00'] = LOCAL.exec(text) ?? [];
  return date !== undefined && !Number.isNaN(Date.parse(`${date}T${time}:00Z`));
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
