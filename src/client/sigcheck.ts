import { loadConfig, type Config } from '../config.ts';
import { compilePolicy, policyOfFlags } from '../signing/identity-policy.ts';
import { getJson } from '../plan/json-document.ts';
import type { ReplicationReport, ReplicationRequest, SignatureFinding } from '../workflows/replication-messages.ts';
import { EXIT_CODE, type ExitCode } from './exit-code.ts';
import { writeJsonResult } from './json-result.ts';
import { signatureRulesOf } from './kpromo-flags.ts';
import type { CommandOutput } from './output.ts';
import { withPlanStore } from './plan-store-access.ts';
import { runReplication } from './replication-run.ts';
import { chooseSubject } from './sigcheck-subject.ts';
import { findingLines, residueLines } from './sigcheck-text.ts';
import type { SigcheckOptions } from './sigcheck-command.ts';

/** What was found, and in what state it was left. */
interface Check {
  readonly report: Pick<ReplicationReport, 'check' | 'residue'>;
  readonly findings: readonly SignatureFinding[];
}

const NOTHING: Check = { report: { residue: { count: 0, samples: [] } }, findings: [] };

/** Checks the signatures of promoted images, and mends what can be mended. @throws PromoterError */
export async function runSigcheck(
  references: readonly string[],
  options: SigcheckOptions,
  output: CommandOutput,
): Promise<void> {
  const note = (line: string): void => void output.stderr.write(`${line}\n`);
  const config = await loadConfig(options);
  const check = signatureRulesOf(options, options.given);
  compilePolicy(policyOfFlags(check));
  const subject = await chooseSubject(references, options, config, output);
  if (subject === undefined) return printResult(NOTHING, NOTHING, options, output);
  const base: ReplicationRequest = {
    ...subject.requested,
    ...(options.lenient === true ? { lenient: true } : {}),
  };
  const examine = async (): Promise<Check | ExitCode> => {
    const end = await runReplication(config, { ...base, check }, output);
    if (end.kind !== 'ended') return end.exitCode;
    const findings = await readFindings(config, end.report);
    return { report: end.report, findings: findings.filter((finding) => isMeant(finding, subject.references)) };
  };
  const before = await examine();
  if (typeof before === 'number') return output.setExitCode(before);
  const mendable = before.findings.some(({ state }) => state !== 'unsigned') || before.report.residue.count > 0;
  const mends = options.confirm === true && mendable;
  for (const line of findingLines(before.findings, { confirm: options.confirm === true, limit: options.limit }))
    note(line);
  if (mends) {
    const end = await runReplication(config, { ...base, confirm: true, full: true }, output);
    if (end.kind !== 'ended') return output.setExitCode(end.exitCode);
  }
  const after = mends ? await examine() : before;
  if (typeof after === 'number') return output.setExitCode(after);
  await printResult(before, after, options, output);
}

async function printResult(
  before: Check,
  after: Check,
  { json }: SigcheckOptions,
  output: CommandOutput,
): Promise<void> {
  const { check, residue } = after.report;
  const consistent = after.findings.length + residue.count === 0;
  const exitCode = consistent ? EXIT_CODE.done : EXIT_CODE.quarantined;
  output.setExitCode(exitCode);
  if (json === true) {
    const outcome = consistent ? 'consistent' : 'inconsistent';
    const fields = {
      outcome,
      exitCode,
      images: check?.images ?? 0,
      mended: before.findings.length - after.findings.length,
    };
    return writeJsonResult(output.stdout, { ...fields, findings: after.findings, unreachable: residue.samples });
  }
  if (consistent) output.stdout.write('Signature consistency OK!\n');
  else output.stdout.write([...residueLines(after.report), ''].join('\n'));
}

async function readFindings(config: Config, { check }: ReplicationReport): Promise<readonly SignatureFinding[]> {
  return withPlanStore(config, async (store) => {
    const lists = await Promise.all(
      (check?.lists ?? []).map((list) => getJson<readonly SignatureFinding[]>(store, list)),
    );
    return lists.flat();
  });
}

/** Whether a finding is about one of the images named; about any when none is. */
function isMeant({ source, identity, digest }: SignatureFinding, references: readonly string[]): boolean {
  const names = [source, identity].flatMap((name) => [name, `${name}@${digest}`]);
  return references.length === 0 || references.some((reference) => names.includes(reference));
}
