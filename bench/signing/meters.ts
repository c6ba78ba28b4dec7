import { readFile } from 'node:fs/promises';
import type { Stage } from './stage.ts';

/** What a piece of work took and left behind. */
export interface Measurement {
  readonly seconds: number;
  /** CPU seconds of whoever signed: the worker, or all processes of cosign together. */
  readonly signerCpu: number;
  /** CPU seconds of registry, logs, authorities and database. */
  readonly serviceCpu: number;
  readonly logEntries: number;
  /** Answered by the registry. */
  readonly requests: number;
}

/** CPU seconds that a signer has used so far. */
export type CpuMeter = () => Promise<number>;

/** Measures a piece of work, on Linux: CPU times are those of `/proc` (proc_pid_stat(5)). */
export async function measure(stage: Stage, signerCpu: CpuMeter, work: () => Promise<void>): Promise<Measurement> {
  const read = async (): Promise<Measurement> => ({
    seconds: performance.now() / 1000,
    signerCpu: await signerCpu(),
    serviceCpu: await servicesCpu(stage),
    logEntries: await logSize(stage),
    requests: await requestsAnswered(stage),
  });
  const before = await read();
  await work();
  const after = await read();
  return {
    seconds: after.seconds - before.seconds,
    signerCpu: after.signerCpu - before.signerCpu,
    serviceCpu: after.serviceCpu - before.serviceCpu,
    logEntries: after.logEntries - before.logEntries,
    requests: after.requests - before.requests,
  };
}

/** The CPU time of one process with all its threads. */
export async function processCpu(pid: number): Promise<number> {
  const { own } = await cpuTimes(pid);
  return own;
}

/** The CPU time of this process's children that have ended. */
export async function endedChildrenCpu(): Promise<number> {
  const { children } = await cpuTimes('self');
  return children;
}

// The kernel's unit of these times, USER_HZ, is a hundredth of a second on every platform that Node runs on.
const TICKS_PER_SECOND = 100;

async function cpuTimes(pid: number | 'self'): Promise<{ readonly own: number; readonly children: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // Behind the name, which is in brackets and may hold anything: fields 14 to 17 are utime, stime, cutime and cstime.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15).map(Number);
  return { own: (user + system) / TICKS_PER_SECOND, children: (childUser + childSystem) / TICKS_PER_SECOND };
}

async function servicesCpu({ sigstore, registry }: Stage): Promise<number> {
  const pids = [registry.pid, ...sigstore.processes.map(({ pid }) => pid)];
  const times = await Promise.all(pids.map(processCpu));
  return times.reduce((total, time) => total + time, 0);
}

async function logSize({ rekorUrl }: Stage): Promise<number> {
  const log = (await (await fetch(`${rekorUrl}/api/v1/log`)).json()) as { readonly treeSize: number };
  return log.treeSize;
}

async function requestsAnswered({ metricsUrl }: Stage): Promise<number> {
  const text = await (await fetch(metricsUrl)).text();
  const counters = text.matchAll(/^registry_http_requests_total\{[^}]*\} (?<count>\S+)$/gm);
  return counters.reduce((total, { groups }) => total + Number(groups?.['count']), 0);
}
