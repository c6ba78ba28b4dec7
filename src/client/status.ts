import { loadConfig } from '../config.ts';
import { PromoterError } from '../errors.ts';
import { claimText } from '../workflows/claim-text.ts';
import type { PromotionReport } from '../workflows/messages.ts';
import { APPROVAL_WANTED } from '../workflows/steering-report.ts';
import type { ServerOptions } from './common-options.ts';
import { writeJsonResult } from './json-result.ts';
import type { CommandOutput } from './output.ts';
import { renderPhases, renderQuarantine, renderReport } from './report-text.ts';
import { listRuns } from './run-list.ts';
import { renderReplicationReport } from './replication-text.ts';
import { exitCodeOfStatus, readStatus, type PromotionStatus, type ReplicationStatus } from './run-status.ts';
import { withSession } from './session-loop.ts';
import { runLink, type TemporalSession } from './temporal-session.ts';

/** Says how a run stands. @throws PromoterError `RunUnknown` and what opening a session throws */
export async function runStatus(id: string | undefined, options: ServerOptions, output: CommandOutput): Promise<void> {
  const config = await loadConfig(options);
  const onNote = (note: string): void => void output.stderr.write(`${note}\n`);
  const { status, link } = await withSession(config, { worker: false, onNote }, async (session) => {
    const status = await readStatus(session, id ?? (await latestRun(session)));
    return { status, link: runLink(session, config.namespace, status) };
  });
  const exitCode = exitCodeOfStatus(status);
  output.setExitCode(exitCode);
  if (options.json === true) await writeJsonResult(output.stdout, { ...status, ui: link, exitCode });
  else output.stdout.write(renderStatus(status, link));
}

/** The run that was started last. @throws PromoterError `RunUnknown` */
export async function latestRun(session: TemporalSession): Promise<string> {
  const [run] = await listRuns(session, 1, 'promotion');
  if (run === undefined) throw new PromoterError('RunUnknown', `there are no runs on ${session.address}`);
  return run.workflowId;
}

function waitLines({ pause, approval, freeze }: PromotionReport, workflowId: string): readonly string[] {
  const lines: string[] = [];
  if (pause !== undefined) {
    lines.push(`paused since ${new Date(pause.since).toISOString()}${claimText(pause)}`);
    lines.push(`go on with: promoter resume '${workflowId}'`);
  }
  if (approval?.given !== undefined) lines.push(`approved by ${approval.given.by} (${approval.given.proof})`);
  else if (approval !== undefined) {
    lines.push(
      `waits for ${APPROVAL_WANTED[approval.rule]}${approval.missing === undefined ? '' : `: ${approval.missing}`}`,
    );
    if (approval.rule === 'required') lines.push(`let it promote with: promoter approve '${workflowId}'`);
  }
  if (freeze !== undefined) {
    const why = freeze.reason === undefined ? '' : `: ${freeze.reason}`;
    lines.push(`frozen until ${new Date(freeze.until).toISOString()}${why}`);
    lines.push(`promote all the same with: promoter override-freeze '${workflowId}' --reason …`);
  }
  return lines;
}

/** How a run stands, for people: its phases, what was kept back and what it did. */
export function renderStatus(status: PromotionStatus | ReplicationStatus, link: string | undefined): string {
  const { workflowId, runId, state, phase, startedAt, endedAt, failure } = status;
  const lines = [
    `${workflowId} (run ${runId})`,
    `${state}${phase === undefined ? '' : ` in ${phase}`}; started ${startedAt}${endedAt === undefined ? '' : `, ended ${endedAt}`}`,
    ...(link === undefined ? [] : [link]),
    ...(failure === undefined ? [] : [failure]),
  ];
  const details = status.kind === 'promotion' ? renderPromotion(status) : renderReplication(status);
  return `${lines.map((line) => `${line}\n`).join('')}${details}`;
}

function renderPromotion({ workflowId, report }: PromotionStatus): string {
  if (report === undefined) return '';
  const lines = [
    ...(report.hold === undefined ? [] : [`held: ${report.hold.reason}`, `go on with: promoter retry '${workflowId}'`]),
    ...waitLines(report, workflowId),
  ];
  const { samples, edges } = report.quarantine;
  const head = lines.map((line) => `${line}\n`).join('');
  return `${head}${renderPhases(report, Date.now())}${renderQuarantine(samples, edges)}${renderReport(report)}`;
}

function renderReplication({ report }: ReplicationStatus): string {
  if (report === undefined) return '';
  const { sources } = report;
  return `${sources.done}/${sources.total} source repositories\n${renderReplicationReport(report)}`;
}
