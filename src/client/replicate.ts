import { loadConfig } from '../config.ts';
import { countEdges, wishesOf } from '../plan/wish.ts';
import type { ReplicationRequest } from '../workflows/replication-messages.ts';
import { writeJsonResult } from './json-result.ts';
import { chooseInput } from './manifest-flags.ts';
import type { CommandOutput } from './output.ts';
import { handOver } from './promotion-input.ts';
import type { ReplicateOptions } from './replicate-command.ts';
import { runReplication } from './replication-run.ts';
import { renderReplicationReport } from './replication-text.ts';

/** Replicates signatures once, or says what that would do. @throws PromoterError */
export async function runReplicate(options: ReplicateOptions, output: CommandOutput): Promise<void> {
  const note = (line: string): void => void output.stderr.write(`${line}\n`);
  if (options.sign === false) return note('Signing disabled, skipping signature replication');
  const config = await loadConfig(options);
  const { requested, parsed } = await handOver(await chooseInput(options), options.lenient === true, config, output);
  if (parsed !== undefined) {
    const edges = wishesOf(parsed.manifests).reduce((sum, wish) => sum + countEdges(wish), 0);
    note(`Found ${edges} edges for signature replication`);
  }
  const request: ReplicationRequest = {
    ...requested,
    ...replicationFields(options),
    confirm: options.confirm === true,
    ...(options.full === true ? { full: true } : {}),
    // The worker ends with the command; given again, it goes on as soon as that is noticed.
    ...(config.temporal === undefined ? { heartbeat: '10 seconds' } : {}),
  };
  const end = await runReplication(config, request, output);
  output.setExitCode(end.exitCode);
  if (options.json === true) {
    const { exitCode, report } = end;
    await writeJsonResult(output.stdout, { outcome: report?.outcome ?? end.kind, exitCode, report });
  } else if (end.kind === 'ended') {
    output.stdout.write(renderReplicationReport(end.report));
  }
  if (options.confirm !== true && end.kind === 'ended') note('Dry run complete (use --confirm to replicate)');
}

/** What the options say of every replication, scheduled or not. */
export function replicationFields(
  options: Pick<
    ReplicateOptions,
    'lenient' | 'replication' | 'auditInterval' | 'readBackInterval' | 'maxSignatureCopies'
  >,
): Omit<ReplicationRequest, 'manifests' | 'git'> {
  return {
    replication: options.replication,
    auditInterval: options.auditInterval,
    readBackInterval: options.readBackInterval,
    copies: options.maxSignatureCopies,
    ...(options.lenient === true ? { lenient: true } : {}),
  };
}
