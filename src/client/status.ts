import { loadConfig } from '../config.ts';
import { PromoterError } from '../errors.ts';
import type { PromotionReport } from '../workflows/messages.ts';
import type { ServerOptions } from './common-options.ts';
import { renderFileReport } from './files-text.ts';
import { writeJsonResult } from './json-result.ts';
import type { CommandOutput } from './output.ts';
import { renderPhases, renderQuarantine, renderReport } from './report-text.ts';
import { listRuns } from './run-list.ts';
import { renderReplicationReport } from './replication-text.ts';
import {
  exitCodeOfStatus,
  readStatus,
  type AnyStatus,
  type FilesStatus,
  type PromotionStatus,
  type ReplicationStatus,
} from './run-status.ts';
import { standstillLines } from './standstill.ts';
import { withSession } from './session-loop.ts';
import { runLink, type TemporalSession } from './temporal-session.ts';

const SILENT = 'no worker answers: this is what the server knows; promoter worker starts one';

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

/** How a run stands, for people: its phases, what was kept back and what it did. */
export function renderStatus(status: AnyStatus, link: string | undefined): string {
  const { workflowId, runId, state, phase, startedAt, endedAt, failure } = status;
  const lines = [
    `${workflowId} (run ${runId})`,
    `${state}${phase === undefined ? '' : ` in ${phase}`}; started ${startedAt}${endedAt === undefined ? '' : `, ended ${endedAt}`}`,
    ...(link === undefined ? [] : [link]),
    ...(failure === undefined ? [] : [failure]),
    ...(endedAt === undefined && status.report === undefined ? [SILENT] : []),
  ];
  return `${lines.map((line) => `${line}\n`).join('')}${renderDetails(status)}`;
}

function renderDetails(status: AnyStatus): string {
  switch (status.kind) {
    case 'promotion':
      return renderPromotion(status);
    case 'replication':
      return renderReplication(status);
    case 'files':
      return renderFiles(status);
  }
}

function renderFiles({ workflowId, report }: FilesStatus): string {
  return report === undefined ? '' : `${holdLines(report, workflowId)}${renderFileReport(report)}`;
}

function holdLines({ hold }: Pick<PromotionReport, 'hold'>, workflowId: string): string {
  return hold === undefined ? '' : `held: ${hold.reason}\ngo on with: promoter retry '${workflowId}'\n`;
}

function renderPromotion({ workflowId, report }: PromotionStatus): string {
  if (report === undefined) return '';
  const given = report.approval?.given;
  const waits = [
    ...(given === undefined ? [] : [`approved by ${given.by} (${given.proof})`]),
    ...standstillLines(report, workflowId),
  ];
  const { samples, edges } = report.quarantine;
  const head = `${holdLines(report, workflowId)}${waits.map((line) => `${line}\n`).join('')}`;
  return `${head}${renderPhases(report, Date.now())}${renderQuarantine(samples, edges)}${renderReport(report)}`;
}

function renderReplication({ report }: ReplicationStatus): string {
  if (report === undefined) return '';
  const { sources } = report;
  return `${sources.done}/${sources.total} source repositories\n${renderReplicationReport(report)}`;
}
