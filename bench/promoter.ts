import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { packageRoot } from '../src/stack/program-list.ts';
import { startProcess, type RunningProcess } from '../src/stack/process.ts';
import { startTemporal, type TemporalServer } from '../src/stack/temporal.ts';
import type { Contender, Environment, Trial } from './contender.ts';
import { measure, usageOf, type Measured } from './measured.ts';

const TASK_QUEUE = 'promotion';
const POLL_MS = 20;

/** Where this program is started from: its sources, or what is built of them and published. */
export interface Entries {
  readonly client: string;
  readonly worker: string;
}

/** @param built whether `npm run build` has been run, and its outcome is meant */
export function entriesOf(built: boolean): Entries {
  const root = packageRoot();
  return built
    ? { client: join(root, 'dist/src/client/main.js'), worker: join(root, 'dist/worker.js') }
    : { client: join(root, 'src/client/main.ts'), worker: join(root, 'worker.ts') };
}

const DRY_RUNS = 3;

/** This program with a server and workers that run already, as in production. @param environment added to their own */
export async function warmPromoter(
  folder: string,
  workers: number,
  entries: Entries,
  environment: Environment = {},
): Promise<Contender> {
  const server = await startTemporal({
    databaseFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
    uiPort: 'headless',
  });
  return {
    name: workers === 1 ? 'promoter' : `promoter, ${workers} workers`,
    run: (trial) => runWarm(server, workers, entries, trial, environment),
    close: server.stop,
  };
}

/** This program without a server: it brings its own. */
export function selfContainedPromoter({ client }: Entries): Contender {
  return {
    name: 'promoter, self-contained',
    async run(trial) {
      await trial.begin();
      return promote(client, trial, { XDG_STATE_HOME: trial.folder }, confirmed(trial));
    },
  };
}

async function runWarm(
  server: TemporalServer,
  count: number,
  entries: Entries,
  trial: Trial,
  environment: Environment,
): Promise<Measured> {
  const env = { TEMPORAL_ADDRESS: server.address, PROMOTER_PLAN_STORE: join(trial.folder, 'plans'), ...environment };
  const workers: RunningProcess[] = [];
  try {
    for (let number = 1; number <= count; number += 1) {
      workers.push(await startWorker(entries.worker, trial.folder, number, env));
    }
    await Promise.race([workersPoll(server.address, count), ...workers.map(endsTooSoon)]);
    // Production has worked before: its hosts' budgets are known, and V8 has compiled what is used. Dry runs write nothing
    // that the next could go by.
    for (let dryRun = 1; dryRun <= DRY_RUNS; dryRun += 1) {
      await promote(entries.client, trial, env, [`--manifest=${trial.files.warmUp}`]);
    }
    const pids = [server.pid, ...workers.map(({ pid }) => pid)];
    const before = await Promise.all(pids.map(usageOf));
    await trial.begin(env);
    const client = await promote(entries.client, trial, env, confirmed(trial));
    const after = await Promise.all(pids.map(usageOf));
    const used = after.map((usage, index) => (usage?.cpuMs ?? Number.NaN) - (before[index]?.cpuMs ?? 0));
    const peaks = after.slice(1).map((usage) => usage?.peakBytes ?? 0);
    const names = ['server', ...workers.map(({ name }) => name)];
    return {
      ...client,
      cpuMsOf: {
        command: client.cpuMs ?? Number.NaN,
        ...Object.fromEntries(names.map((name, index) => [name, used[index] ?? Number.NaN])),
      },
      cpuMs: used.reduce((sum, cpu) => sum + cpu, client.cpuMs ?? 0),
      peakBytes: Math.max(client.peakBytes ?? 0, ...peaks),
    };
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
}

function startWorker(
  entry: string,
  folder: string,
  number: number,
  env: Readonly<Record<string, string>>,
): Promise<RunningProcess> {
  return startProcess({
    name: `worker ${number}`,
    program: process.execPath,
    args: [...(process.env['BENCH_WORKER_ARGS']?.split(' ') ?? []), entry],
    env,
    logFile: join(folder, `worker-${number}.log`),
    ready: () => Promise.resolve(true),
  });
}

// The server still counts workers that have stopped a while ago; those that poll now have just said so.
async function workersPoll(address: string, count: number): Promise<void> {
  const connection = await Connection.connect({ address });
  const since = Date.now();
  try {
    for (;;) {
      const { pollers } = await connection.workflowService.describeTaskQueue({
        namespace: 'default',
        taskQueue: { name: TASK_QUEUE },
      });
      const polling = pollers.filter(
        ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 >= since - 1000,
      );
      if (polling.length >= count) return;
      await delay(POLL_MS);
    }
  } finally {
    await connection.close();
  }
}

async function endsTooSoon({ name, exited, logFile }: RunningProcess): Promise<never> {
  await exited;
  throw new Error(`${name} ended before there was work: ${await readFile(logFile, 'utf8')}`);
}

function confirmed({ files }: Trial): readonly string[] {
  return [`--thin-manifest-dir=${files.manifests}`, '--confirm'];
}

function promote(
  entry: string,
  { folder, timeoutMs }: Trial,
  env: Readonly<Record<string, string>>,
  what: readonly string[],
): Promise<Measured> {
  return measure({
    program: process.execPath,
    args: [entry, 'cip', ...what, '--sign=false', '--provenance=off', '--on-failure=fail', '--json'],
    env,
    logFile: join(folder, 'promoter.log'),
    timeoutMs,
  });
}
