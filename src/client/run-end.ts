import type { Config } from '../config.ts';
import { getEdges } from '../plan/document.ts';
import type { PlanStore } from '../plan/store.ts';
import type { Digest } from '../reference.ts';
import type { PromotionReport, QuarantinedEdge } from '../workflows/messages.ts';
import { APPROVAL_WANTED } from '../workflows/steering-report.ts';
import { worklistOf } from '../workflows/worklist.ts';
import { EXIT_CODE, exitCodeOfReport, type ExitCode } from './exit-code.ts';
import { codeOf, describeThrown } from './failure-text.ts';
import { writeJsonResult } from './json-result.ts';
import type { CommandOutput } from './output.ts';
import { readPlanRows, renderPlan } from './plan-rows.ts';
import { withPlanStore } from './plan-store-access.ts';
import { renderQuarantine, renderReport } from './report-text.ts';
import type { RunEnd } from './run-follow.ts';
import type { RunReference } from './run-request.ts';
import { standstillLines } from './standstill.ts';
import type { TemporalSession } from './temporal-session.ts';

export type FollowedRun = RunEnd & {
  readonly run: RunReference;
  readonly link: string | undefined;
  readonly server: TemporalSession['server'];
};

interface PrintOptions {
  readonly config: Config;
  readonly output: CommandOutput;
  readonly json: boolean;
}

const ROWS_SHOWN = 200;
const QUARANTINE_SHOWN = 50;

/** Prints how a run ended, or why it is no longer followed. @returns the exit code; none when it was interrupted */
export async function printEnd(end: FollowedRun, options: PrintOptions): Promise<ExitCode | undefined> {
  const { output } = options;
  const exitCode = exitCodeOfEnd(end);
  await withPlanStore(options.config, async (store) => {
    if (options.json) await printJson(end, exitCode, store, output);
    else if (end.kind === 'ended') await printReport(end.report, store, output);
  });
  if (end.kind === 'failed') output.stderr.write(`${describeThrown(end.failure)}\n`);
  if (end.kind === 'held') output.stderr.write(heldText(end.report, end.run));
  if (end.kind === 'interrupted') output.stderr.write(interruptedText(end));
  return exitCode;
}

function exitCodeOfEnd(end: RunEnd): ExitCode | undefined {
  switch (end.kind) {
    case 'ended':
      return exitCodeOfReport(end.report);
    case 'held':
      return EXIT_CODE.held;
    case 'failed':
      return codeOf(end.failure) === 'RunConflict' ? EXIT_CODE.conflict : EXIT_CODE.failed;
    case 'interrupted':
      return undefined;
  }
}

async function printReport(report: PromotionReport, store: PlanStore, output: CommandOutput): Promise<void> {
  for (const warning of report.warnings) output.stderr.write(`warning: ${warning}\n`);
  if (report.outcome === 'dry-run' && report.plan !== undefined) {
    const width = output.stdout.isTTY === true ? output.stdout.columns : undefined;
    const rows = readPlanRows(store, report.plan.digest);
    output.stdout.write(await renderPlan(rows, report.plan.edges, { limit: ROWS_SHOWN, width }));
  }
  const quarantine = await readQuarantine(store, report);
  output.stdout.write(renderQuarantine(quarantine.slice(0, QUARANTINE_SHOWN), report.quarantine.edges));
  output.stdout.write(renderReport(report));
}

async function printJson(
  end: FollowedRun,
  exitCode: ExitCode | undefined,
  store: PlanStore,
  { stdout }: CommandOutput,
): Promise<void> {
  const { report } = end;
  const isDryRun = report?.outcome === 'dry-run' && report.plan !== undefined;
  await writeJsonResult(
    stdout,
    {
      workflowId: end.run.workflowId,
      runId: end.run.runId,
      ui: end.link,
      outcome: end.kind === 'ended' ? end.report.outcome : end.kind,
      exitCode,
      report,
      failure: end.kind === 'failed' ? { code: codeOf(end.failure), message: describeThrown(end.failure) } : undefined,
      quarantine: report === undefined ? undefined : await readQuarantine(store, report),
    },
    isDryRun ? { plan: readPlanRows(store, report.plan?.digest ?? '') } : {},
  );
}

async function readQuarantine(store: PlanStore, { quarantine }: PromotionReport): Promise<readonly QuarantinedEdge[]> {
  return quarantine.list === undefined ? quarantine.samples : getEdges(store, quarantine.list as Digest);
}

/** What there is to do about a held phase. */
export function holdText(
  { hold }: { readonly hold?: PromotionReport['hold'] | undefined },
  { workflowId }: Pick<RunReference, 'workflowId'>,
): string {
  return `${hold?.phase} failed and is held: ${hold?.reason}
mend the cause, then go on with:  promoter retry '${workflowId}'
or end the run with:              promoter abort '${workflowId}'
`;
}

function heldText(report: PromotionReport, { workflowId }: RunReference): string {
  const { hold, pause, approval } = report;
  if (hold === undefined && pause !== undefined) {
    return `${standstillLines(report, workflowId).join('\n')}
or end the run with: promoter abort '${workflowId}'
`;
  }
  if (hold === undefined && approval !== undefined) {
    return approval.rule === 'required'
      ? `waiting for an approval of the plan ${worklistOf(report)?.digest}
let it promote with:              promoter approve '${workflowId}'
or end the run with:              promoter abort '${workflowId}'
`
      : `waiting for ${APPROVAL_WANTED[approval.rule]}; follow it with: promoter watch '${workflowId}'\n`;
  }
  return holdText({ hold }, { workflowId });
}

function interruptedText({ run: { workflowId }, server }: FollowedRun): string {
  return server === 'own'
    ? `stopped; give the same command again, and ${workflowId} goes on where it was\n`
    : `no longer following; the run goes on: promoter watch '${workflowId}'\n`;
}
