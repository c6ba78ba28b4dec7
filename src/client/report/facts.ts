import { getEdges } from '../../plan/document.ts';
import { getJson } from '../../plan/json-document.ts';
import { recordsOf } from '../../plan/records.ts';
import type { PlanStore } from '../../plan/store.ts';
import { hostOf, type Digest, type RepositoryName } from '../../reference.ts';
import type { TrafficSeries } from '../../registry/traffic.ts';
import type { AttachedSignature } from '../../signing/attached-signature.ts';
import type { LogRecord } from '../../signing/log-record.ts';
import type { QuarantinedEdge } from '../../workflows/messages.ts';
import type { PromotionRequest } from '../../workflows/promotion-request.ts';
import { worklistOf } from '../../workflows/worklist.ts';
import { readPlanRows, type PlanRow } from '../plan-rows.ts';
import type { PromotionStatus } from '../run-status.ts';
import { entryAddress, readLogAddresses } from './log-links.ts';
import { addTraffic, type RunTraffic } from './traffic.ts';

/** A signature or attestation with the addresses of its log entries, where they have one. */
export interface LoggedSignature extends Omit<AttachedSignature, 'log'> {
  readonly log: readonly (LogRecord & { readonly address?: string })[];
}

/** Edges of a plan that go to one host. */
export interface HostEdges {
  readonly host: string;
  readonly promote: number;
  readonly tag: number;
}

/** Everything that a report of a run is made of. */
export interface RunFacts {
  readonly status: PromotionStatus;
  /** Milliseconds since the epoch; the end is now while the run goes on. */
  readonly span: { readonly startedAt: number; readonly endedAt: number };
  /** When this was read, in milliseconds since the epoch. */
  readonly readAt: number;
  readonly request?: PromotionRequest;
  readonly ui?: string;
  readonly plan: {
    /** The first edges with something to do. */
    readonly rows: readonly PlanRow[];
    readonly edges: number;
    readonly hosts: readonly HostEdges[];
  };
  readonly quarantine: readonly QuarantinedEdge[];
  readonly traffic: RunTraffic;
  readonly signatures: readonly LoggedSignature[];
}

/** What is known of a run before its records are read. */
export type RunBasics = Pick<RunFacts, 'status' | 'request' | 'ui'> & {
  /** The first run of the chain: its records bear its name. */
  readonly first: string;
};

/**
 * Reads a run's records from the plan store.
 *
 * @param rows how many edges of the plan to keep
 * @throws PromoterError `Store*`
 */
export async function readFacts(store: PlanStore, basics: RunBasics, rows: number, now: number): Promise<RunFacts> {
  const { first, ...given } = basics;
  const { startedAt, endedAt, report } = basics.status;
  const span = { startedAt: Date.parse(startedAt), endedAt: endedAt === undefined ? now : Date.parse(endedAt) };
  const series = await readAll<TrafficSeries>(store, await recordsOf(store, first, 'traffic'));
  return {
    ...given,
    span,
    readAt: now,
    plan: await readPlan(store, report === undefined ? undefined : worklistOf(report)?.digest, rows),
    quarantine: await readQuarantine(store, report?.quarantine),
    traffic: addTraffic(series, span),
    signatures: await readSignatures(store, first),
  };
}

async function readPlan(store: PlanStore, digest: string | undefined, most: number): Promise<RunFacts['plan']> {
  const rows: PlanRow[] = [];
  const hosts = new Map<string, { promote: number; tag: number }>();
  let edges = 0;
  for await (const row of digest === undefined ? [] : readPlanRows(store, digest)) {
    edges++;
    if (rows.length < most) rows.push(row);
    const host = hostOf(row.destination as RepositoryName);
    const counts = hosts.get(host) ?? { promote: 0, tag: 0 };
    hosts.set(host, counts);
    counts[row.verdict === 'promote' ? 'promote' : 'tag']++;
  }
  const byHost = [...hosts].map(([host, counts]) => ({ host, ...counts }));
  return { rows, edges, hosts: byHost.sort((a, b) => (a.host < b.host ? -1 : 1)) };
}

async function readQuarantine(
  store: PlanStore,
  quarantine: { readonly list?: string; readonly samples: readonly QuarantinedEdge[] } | undefined,
): Promise<readonly QuarantinedEdge[]> {
  if (quarantine === undefined) return [];
  return quarantine.list === undefined ? quarantine.samples : getEdges(store, quarantine.list as Digest);
}

/** What every attempt recorded, once: a later one may have found what an earlier one wrote. */
async function readSignatures(store: PlanStore, run: string): Promise<readonly LoggedSignature[]> {
  const lists = await readAll<readonly AttachedSignature[]>(store, await recordsOf(store, run, 'evidence'));
  const addresses = await readLogAddresses(store, run);
  const known = new Map<string, LoggedSignature>();
  for (const { log, ...signature } of lists.flat()) {
    const { kind, format, repository, digest, identity } = signature;
    const key = [identity, digest, kind, format, repository].join(' ');
    if (known.get(key)?.outcome === 'written') continue;
    const entries = log.map((entry) => {
      const address = entryAddress(addresses, entry);
      return { ...entry, ...(address === undefined ? {} : { address }) };
    });
    known.set(key, { ...signature, log: entries });
  }
  return [...known].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, signature]) => signature);
}

async function readAll<T>(store: PlanStore, digests: readonly Digest[]): Promise<readonly T[]> {
  const documents: T[] = [];
  for (const digest of digests) documents.push(await getJson<T>(store, digest));
  return documents;
}
