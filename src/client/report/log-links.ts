import { recordName } from '../../plan/records.ts';
import type { PlanStore } from '../../plan/store.ts';
import type { LogRecord } from '../../signing/log-record.ts';

/** What of a trusted root (sigstore_trustroot.proto) says where logs are. */
interface LogsOfRoot {
  readonly tlogs?: readonly { readonly baseUrl?: string; readonly logId?: { readonly keyId?: string } }[];
}

/** Addresses of transparency logs by their ids, in hex. */
export type LogAddresses = ReadonlyMap<string, string>;

const PUBLIC_LOG = 'https://rekor.sigstore.dev';

/** The logs of the trusted root that a run was pinned to; none when it never asked for one. @throws PromoterError `Store*` */
export async function readLogAddresses(store: PlanStore, run: string): Promise<LogAddresses> {
  const digest = await store.lookup(recordName(run, 'trust', 'root'));
  if (digest === undefined) return new Map();
  const { tlogs = [] } = JSON.parse(new TextDecoder().decode(await store.get(digest))) as LogsOfRoot;
  return new Map(
    tlogs.flatMap(({ baseUrl, logId }): [string, string][] =>
      baseUrl === undefined || logId?.keyId === undefined
        ? []
        : [[Buffer.from(logId.keyId, 'base64').toString('hex'), baseUrl.replace(/\/$/, '')]],
    ),
  );
}

/**
 * Where an entry of a log can be looked at: of the public log on its search page, of another Rekor v1 by its API. A Rekor v2
 * serves tiles of entries, none alone (https://github.com/sigstore/rekor-tiles).
 */
export function entryAddress(addresses: LogAddresses, { logId, logIndex, kind }: LogRecord): string | undefined {
  const base = addresses.get(logId);
  if (base === undefined || kind.endsWith(' 0.0.2')) return undefined;
  const index = encodeURIComponent(logIndex);
  if (base === PUBLIC_LOG) return `https://search.sigstore.dev/?logIndex=${index}`;
  return `${base}/api/v1/log/entries?logIndex=${index}`;
}
