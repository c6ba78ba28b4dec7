import { claimText } from '../workflows/claim-text.ts';
import type { PromotionReport } from '../workflows/messages.ts';
import { APPROVAL_WANTED } from '../workflows/steering-report.ts';

/** Why a run does nothing that has not failed. */
export interface Standstill {
  readonly why: string;
  /** What ends it, and with which command; absent where only time or somebody elsewhere does. */
  readonly remedy?: { readonly what: string; readonly command: (workflowId: string) => string };
}

/** What a run waits for: the end of a pause, an approval, the end of a freeze. */
export function standstillsOf({ pause, approval, freeze }: PromotionReport): readonly Standstill[] {
  const found: Standstill[] = [];
  if (pause !== undefined) {
    const why = `paused since ${timeOf(pause.since)}${claimText(pause)}`;
    found.push({ why, remedy: { what: 'go on with', command: (id) => `promoter resume '${id}'` } });
  }
  if (approval !== undefined && approval.given === undefined) {
    const missing = approval.missing === undefined ? '' : `: ${approval.missing}`;
    const why = `waits for ${APPROVAL_WANTED[approval.rule]}${missing}`;
    const remedy = { what: 'let it promote with', command: (id: string) => `promoter approve '${id}'` };
    found.push(approval.rule === 'required' ? { why, remedy } : { why });
  }
  if (freeze !== undefined) {
    const why = `frozen until ${timeOf(freeze.until)}${freeze.reason === undefined ? '' : `: ${freeze.reason}`}`;
    const command = (id: string): string => `promoter override-freeze '${id}' --reason …`;
    found.push({ why, remedy: { what: 'promote all the same with', command } });
  }
  return found;
}

/** The same in lines, with the commands to type. */
export function standstillLines(report: PromotionReport, workflowId: string): readonly string[] {
  return standstillsOf(report).flatMap(({ why, remedy }) =>
    remedy === undefined ? [why] : [why, `${remedy.what}: ${remedy.command(workflowId)}`],
  );
}

function timeOf(at: number): string {
  return new Date(at).toISOString();
}
