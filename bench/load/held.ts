import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import pMap from 'p-map';
import { startProcess, type RunningProcess } from '../../src/stack/process.ts';
import { startTemporal } from '../../src/stack/temporal.ts';
import { bundledSources } from '../../src/worker/workflow-bundle.ts';
import { SEARCH_ATTRIBUTES } from '../../test/support/promotion-service.ts';
import { DIGEST } from '../../test/support/promotion-activities.ts';
import { residentMiB } from './resident.ts';

/** What held runs cost a worker that has them in memory, and one that has not. */
export interface HeldFigures {
  readonly resident: readonly { readonly held: number; readonly mib: number }[];
  /** Of one held run. */
  readonly events: number;
  readonly bytes: number;
  /** Milliseconds until the report of a run is read that is in memory, in the median. */
  readonly queryMs: number;
  readonly small: { readonly cached: number; readonly mib: number; readonly queryMs: number };
}

const AT_ONCE = 20;
const ASKED = 100;
/** Seldom: counting takes the server's time from the runs. */
const POLL_MS = 2_000;

/** Starts runs that are held in Plan, up to each of the numbers in turn. @param cached runs that the second worker keeps */
export async function measureHeld(folder: string, steps: readonly number[], cached: number): Promise<HeldFigures> {
  const server = await startTemporal({
    databaseFile: join(folder, 'held.db'),
    logFile: join(folder, 'held-temporal.log'),
    uiPort: 'headless',
    searchAttributes: SEARCH_ATTRIBUTES,
  });
  const connection = await Connection.connect({ address: server.address });
  const client = new Client({ connection });
  const bundle = join(folder, 'workflow-bundle.js');
  await writeFile(bundle, await bundledSources());
  const most = Math.max(...steps);
  let worker = await startHolder(folder, server.address, bundle, most + 10);
  try {
    const resident: HeldFigures['resident'][number][] = [];
    let started = 0;
    for (const step of steps) {
      const fresh = Array.from({ length: step - started }, (_, at) => idOf(started + at));
      await pMap(fresh, (workflowId) => startHeld(client, workflowId), { concurrency: AT_ONCE });
      started = step;
      while ((await client.workflow.count('PromoterState = "Held"')).count < step) await delay(POLL_MS);
      resident.push({ held: step, mib: (await residentMiB(worker.pid)).now });
    }
    const { historyLength: events, historySize: bytes = 0 } = await client.workflow.getHandle(idOf(0)).describe();
    const queryMs = await medianQuery(client, started);
    await worker.stop();
    worker = await startHolder(folder, server.address, bundle, cached);
    const replayMs = await medianQuery(client, started);
    const { now: mib } = await residentMiB(worker.pid);
    return { resident, events, bytes, queryMs, small: { cached, mib, queryMs: replayMs } };
  } finally {
    await worker.stop();
    await connection.close();
    await server.stop();
  }
}

const idOf = (at: number): string => `held-${at}`;

function startHeld(client: Client, workflowId: string): Promise<unknown> {
  const args = [{ manifests: DIGEST, confirm: true }];
  return client.workflow.start('promotion', { taskQueue: 'promotion', workflowId, args });
}

function startHolder(folder: string, address: string, bundle: string, cached: number): Promise<RunningProcess> {
  const logFile = join(folder, `held-worker-${cached}.log`);
  return startProcess({
    name: 'the worker',
    program: process.execPath,
    args: [fileURLToPath(new URL('held-worker.ts', import.meta.url)), address, bundle, String(cached)],
    logFile,
    ready: async () => (await readFile(logFile, 'utf8')).includes('ready'),
  });
}

/** Asks runs one after the other, spread over all there are. */
async function medianQuery(client: Client, runs: number): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < ASKED; at++) {
    const before = performance.now();
    await client.workflow.getHandle(idOf(Math.floor((at * runs) / ASKED))).query('report');
    times.push(performance.now() - before);
  }
  return times.sort((a, b) => a - b)[ASKED / 2] ?? NaN;
}
