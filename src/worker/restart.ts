import { isMainThread } from 'node:worker_threads';
import { HEAP_FLAGS } from './heap.ts';

/** What Node writes of a process that dies must not hold its secrets, some of which come in the environment. */
const REPORT_FLAG = '--report-exclude-env';

/**
 * Has Node start this program once more in the same process, by execve(2), with the flags of a worker: V8 limits its young
 * generation only at the start, and an out-of-memory report heeds only the flag. Arguments, environment and process id stay
 * the same. Does nothing where the system cannot do that, where it has been done, or where somebody chose a limit on the
 * command line or in `NODE_OPTIONS`.
 */
export function restartAsWorker(): void {
  const said = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].join(' ');
  if (/max[-_]semi[-_]space[-_]size/.test(said) || !isMainThread || process.platform === 'win32') return;
  process.execve?.(
    process.execPath,
    [process.execPath, ...HEAP_FLAGS, REPORT_FLAG, ...process.execArgv, ...process.argv.slice(1)],
    process.env,
  );
}
