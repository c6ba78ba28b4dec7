import { loadConfig } from '../config.ts';
import type { ListOptions } from './list-command.ts';
import type { CommandOutput } from './output.ts';
import { listRuns } from './run-list.ts';
import { withSession } from './session-loop.ts';
import { runLink } from './temporal-session.ts';
import { renderTable } from './text-table.ts';
import { formatDuration } from './units.ts';

/** Lists the latest runs. @throws PromoterError as opening a session does */
export async function runList(options: ListOptions, output: CommandOutput): Promise<void> {
  const config = await loadConfig(options);
  const onNote = (note: string): void => void output.stderr.write(`${note}\n`);
  const runs = await withSession(config, { worker: false, onNote }, async (session) => {
    const found = await listRuns(session, options.limit, options.kind);
    return found.map((run) => ({ ...run, ui: runLink(session, config.namespace, run) }));
  });
  if (options.json === true) {
    output.stdout.write(`${JSON.stringify(runs, null, 2)}\n`);
    return;
  }
  const rows = runs.map(({ workflowId, kind, state, phase = '', startedAt, endedAt }) => [
    workflowId,
    kind,
    state,
    phase,
    startedAt.replace(/\.\d+Z$/, 'Z'),
    formatDuration((endedAt === undefined ? Date.now() : Date.parse(endedAt)) - Date.parse(startedAt)),
  ]);
  const width = output.stdout.isTTY === true ? output.stdout.columns : undefined;
  output.stdout.write(renderTable(['ID', 'KIND', 'STATE', 'PHASE', 'STARTED', 'TIME'], rows, width));
}
