import { PromoterError, type ErrorCode } from '../errors.ts';
import type { FilePromotionReport } from '../workflows/file-messages.ts';
import type { Outcome } from '../workflows/messages.ts';
import type { ReplicationReport } from '../workflows/replication-messages.ts';

/** What the process ends with; scripts rely on it. */
export const EXIT_CODE = {
  done: 0,
  failed: 1,
  usage: 2,
  quarantined: 3,
  held: 4,
  conflict: 5,
} as const;
/** Of a shell, for a command that a signal ended: SIGHUP, SIGINT, SIGTERM. */
export type SignalExitCode = 129 | 130 | 143;

export type ExitCode = (typeof EXIT_CODE)[keyof typeof EXIT_CODE] | SignalExitCode;

const OF_OUTCOME: Readonly<Record<Outcome, ExitCode>> = {
  done: EXIT_CODE.done,
  'dry-run': EXIT_CODE.done,
  running: EXIT_CODE.done,
  failed: EXIT_CODE.failed,
  quarantined: EXIT_CODE.quarantined,
  held: EXIT_CODE.held,
  paused: EXIT_CODE.held,
  'awaiting-approval': EXIT_CODE.held,
  frozen: EXIT_CODE.done,
};

const WRONG_USAGE: ReadonlySet<ErrorCode> = new Set([
  'UsageInvalid',
  'ConfigInvalid',
  'RequestInvalid',
  'ManifestInvalid',
]);

/** The exit code for how a run stands or ended. A dry run that found edges to quarantine says so too. */
export function exitCodeOfReport(report: { outcome: Outcome; quarantine: { edges: number } }): ExitCode {
  if (report.outcome === 'dry-run' && report.quarantine.edges > 0) return EXIT_CODE.quarantined;
  return OF_OUTCOME[report.outcome];
}

/** The exit code for how a replication stands or ended. */
export function exitCodeOfReplication({ outcome }: Pick<ReplicationReport, 'outcome'>): ExitCode {
  return outcome === 'residue' ? EXIT_CODE.quarantined : EXIT_CODE.done;
}

/** The exit code for how a promotion of files stands or ended. */
export function exitCodeOfFiles({ outcome, counts }: Pick<FilePromotionReport, 'outcome' | 'counts'>): ExitCode {
  return outcome === 'dry-run' && counts.keptBack > 0 ? EXIT_CODE.quarantined : OF_OUTCOME[outcome];
}

/** The exit code for what a command threw. */
export function exitCodeOfError(thrown: unknown): ExitCode {
  if (!(thrown instanceof PromoterError)) return EXIT_CODE.failed;
  if (thrown.code === 'RunConflict') return EXIT_CODE.conflict;
  return WRONG_USAGE.has(thrown.code) ? EXIT_CODE.usage : EXIT_CODE.failed;
}
