import { freePort } from '../../../src/stack/ports.ts';
import { startRegistryProxy, type RegistryProxy } from '../../support/registry-proxy.ts';
import type { FaultRule } from '../../support/registry-proxy-faults.ts';
import type { LoggedRequest } from '../../support/registry-proxy-traffic.ts';
import type { TestRegistry } from '../../support/registries.ts';

/** New hosts in front of registries, for one trial: nobody knows anything of them yet. */
export interface Fronts {
  readonly hosts: readonly string[];
  /** Requests to all of them. */
  readonly requests: () => number;
  /** Blobs that were read or written whole: `<number of the registry> <digest>` → how often. */
  readonly transfers: () => ReadonlyMap<string, number>;
  readonly close: () => Promise<void>;
}

export interface FrontOptions {
  readonly atRequest?: AtRequest;
  /** By the number of the registry. */
  readonly faults?: (registry: number) => readonly FaultRule[];
}

/** What is to happen at a request; its number counts from 1 over all fronts. */
export type AtRequest = (index: number) => Promise<'answer' | 'drop'>;

/** Starts a front for each registry; their names sort as the registries do, so that the first of several is first by name. */
export async function startFronts(
  registries: readonly TestRegistry[],
  { atRequest, faults }: FrontOptions,
): Promise<Fronts> {
  const found = new Set<number>();
  while (found.size < registries.length) found.add(await freePort());
  const ports = [...found].sort((a, b) => a - b);
  let requests = 0;
  const fronts: readonly RegistryProxy[] = await Promise.all(
    registries.map(({ url }, at) =>
      startRegistryProxy({
        backend: url,
        port: ports[at] ?? 0,
        before: async () => {
          requests += 1;
          return atRequest === undefined ? 'answer' : atRequest(requests);
        },
        faults: faults?.(at) ?? [],
      }),
    ),
  );
  return {
    hosts: fronts.map(({ host }) => host),
    requests: () => requests,
    transfers() {
      const counts = new Map<string, number>();
      for (const [at, { log }] of fronts.entries()) {
        for (const digest of log().flatMap(transferred)) {
          const key = `${at} ${digest}`;
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
      }
      return counts;
    },
    close: async () => void (await Promise.all(fronts.map((front) => front.close()))),
  };
}

function transferred({ class: kind, path, status }: LoggedRequest): readonly string[] {
  const read = kind === 'blob.get' && status === 200;
  const written = kind.startsWith('upload.') && status === 201;
  const digest = /sha256(?::|%3A)[0-9a-f]{64}/.exec(path)?.[0].replace('%3A', ':');
  return (read || written) && digest !== undefined ? [digest] : [];
}
