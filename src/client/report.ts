import { loadConfig, type Config } from '../config.ts';
import { PromoterError } from '../errors.ts';
import type { PromotionRequest } from '../workflows/promotion-request.ts';
import {
  exitCodeOfStatus,
  readStatus,
  type FilesStatus,
  type PromotionStatus,
  type ReplicationStatus,
} from './run-status.ts';
import { writeJsonResult } from './json-result.ts';
import type { CommandOutput } from './output.ts';
import { readPlanRows } from './plan-rows.ts';
import { withPlanStore } from './plan-store-access.ts';
import type { ReportOptions } from './report-command.ts';
import { readFacts, type RunBasics, type RunFacts } from './report/facts.ts';
import { renderMarkdown } from './report/markdown.ts';
import { renderPage } from './report/page.ts';
import { ROWS_SHOWN } from './report/tables.ts';
import { firstRunOf } from './run-follow.ts';
import { readRequest } from './run-request.ts';
import { worklistOf } from '../workflows/worklist.ts';
import { withSession } from './session-loop.ts';
import { latestRun, renderStatus } from './status.ts';
import { runLink, type TemporalSession } from './temporal-session.ts';
import { renderTable } from './text-table.ts';
import { counted } from './units.ts';

const HOSTS_SHOWN = 30;

/**
 * Reports on a run; of a replication there is what `promoter status` says.
 *
 * @throws PromoterError `RunUnknown`, `UsageInvalid`, `Store*` and what opening a session throws
 */
export async function runReport(id: string | undefined, options: ReportOptions, output: CommandOutput): Promise<void> {
  const config = await loadConfig(options);
  const onNote = (note: string): void => void output.stderr.write(`${note}\n`);
  const basics = await withSession(config, { worker: false, onNote }, async (session) => {
    const status = await readStatus(session, id ?? (await latestRun(session)));
    return status.kind === 'promotion' ? readBasics(session, config, status) : status;
  });
  if ('kind' in basics) return reportBriefly(basics, options, output);
  output.setExitCode(exitCodeOfStatus(basics.status));
  await withPlanStore(config, async (store) => {
    const facts = await readFacts(store, basics, ROWS_SHOWN, Date.now());
    if (options.json === true) {
      const { report } = facts.status;
      const plan = report === undefined ? undefined : worklistOf(report)?.digest;
      await writeJsonResult(
        output.stdout,
        jsonOf(facts),
        plan === undefined ? {} : { plan: readPlanRows(store, plan) },
      );
    } else output.stdout.write(render(facts, options, output));
  });
}

/** What there is to report on other runs than promotions of images. */
async function reportBriefly(
  status: ReplicationStatus | FilesStatus,
  { html, markdown, json }: ReportOptions,
  output: CommandOutput,
): Promise<void> {
  if (html === true || markdown === true) {
    const what = status.kind === 'files' ? 'promotes files, which are' : 'is a replication, which is';
    const message = `${status.workflowId} ${what} reported on as text or with --json only`;
    throw new PromoterError('UsageInvalid', message);
  }
  const exitCode = exitCodeOfStatus(status);
  output.setExitCode(exitCode);
  if (json === true) await writeJsonResult(output.stdout, { ...status, exitCode });
  else output.stdout.write(renderStatus(status, undefined));
}

/** What the server knows of a promotion beside how it stands. */
export async function readBasics(
  session: TemporalSession,
  config: Config,
  status: PromotionStatus,
): Promise<RunBasics> {
  const ui = runLink(session, config.namespace, status);
  // The server may have forgotten how a run began and still know how it ended.
  const request = await readRequest(session.client, status).catch((): PromotionRequest | undefined => undefined);
  return {
    status,
    first: await firstRunOf(session, status),
    ...(request === undefined ? {} : { request }),
    ...(ui === undefined ? {} : { ui }),
  };
}

function render(facts: RunFacts, { html, markdown }: ReportOptions, { stdout }: CommandOutput): string {
  if (html === true) return renderPage(facts);
  if (markdown === true) return renderMarkdown(facts);
  return renderText(facts, stdout.isTTY === true ? stdout.columns : undefined);
}

function renderText({ status, ui, traffic, signatures }: RunFacts, width: number | undefined): string {
  const hosts = traffic.hosts
    .slice(0, HOSTS_SHOWN)
    .map(({ host, requests, throttled, peak }) => [host, String(requests), String(throttled), peak.toFixed(1)]);
  const table = hosts.length === 0 ? '' : renderTable(['HOST', 'REQUESTS', '429', 'MOST PER SECOND'], hosts, width);
  const more = traffic.hosts.length - hosts.length;
  const rest = more > 0 ? `… and ${counted(more, 'more host')} (--json prints all)\n` : '';
  const logged =
    signatures.length === 0
      ? ''
      : `${counted(signatures.length, 'signature and attestation', 'signatures and attestations')} on record (--html and --json have their log entries)\n`;
  return `${renderStatus(status, ui)}${table}${rest}${logged}`;
}

function jsonOf({ status, ui, request, quarantine, traffic, signatures }: RunFacts): Readonly<Record<string, unknown>> {
  return { ...status, ui, exitCode: exitCodeOfStatus(status), request, traffic, signatures, quarantine };
}
