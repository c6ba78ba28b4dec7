import { fork } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { join } from 'node:path';
import type { LoadLine, ShareRequest } from './registry/admin.ts';
import type { Counts } from './registry/counters.ts';
import type { Listening } from './registry/main.ts';
import type { Settings } from './registry/settings.ts';

/** The registry, in a process of its own so that it shares no event loop with who measures. */
export interface RegistryProcess {
  readonly hosts: readonly string[];
  readonly pid: number;
  settings(settings: Partial<Settings>): Promise<void>;
  load(lines: Iterable<LoadLine>): Promise<void>;
  share(shared: ShareRequest): Promise<void>;
  snapshot(name: string): Promise<void>;
  restore(name: string): Promise<void>;
  reset(): Promise<void>;
  counts(): Promise<Counts>;
  /** Repository's path to tag to digest. */
  tagsOf(host: string): Promise<Readonly<Record<string, Readonly<Record<string, string>>>>>;
  stop(): Promise<void>;
}

/** Starts the registry with so many hosts, each on a free port of 127.0.0.1. */
export async function startRegistryProcess(hosts: number): Promise<RegistryProcess> {
  const child = fork(join(import.meta.dirname, 'registry/main.ts'), [String(hosts)], {
    execArgv: ['--max-old-space-size=8192'],
  });
  const [listening] = (await once(child, 'message')) as [Listening];
  const { admin } = listening;
  const post = async (path: string, body?: Readable): Promise<void> => void (await call(admin, 'POST', path, body));
  const json = (value: unknown): Readable => Readable.from([JSON.stringify(value)]);
  return {
    hosts: listening.hosts,
    pid: child.pid ?? 0,
    settings: (settings) => post('/settings', json(settings)),
    load: (lines) => post('/load', Readable.from(textOf(lines))),
    share: (shared) => post('/share', json(shared)),
    snapshot: (name) => post(`/snapshot?name=${name}`),
    restore: (name) => post(`/restore?name=${name}`),
    reset: () => post('/reset'),
    counts: async () => (await call(admin, 'GET', '/counts')) as Counts,
    tagsOf: async (host) => (await call(admin, 'GET', `/state?host=${host}`)) as Record<string, Record<string, string>>,
    async stop() {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    },
  };
}

function* textOf(lines: Iterable<LoadLine>): Generator<string> {
  for (const line of lines) yield `${JSON.stringify(line)}\n`;
}

async function call(admin: string, method: string, path: string, body = Readable.from([])): Promise<unknown> {
  const outgoing = request(`${admin}${path}`, { method });
  const [[incoming]] = await Promise.all([once(outgoing, 'response'), pipeline(body, outgoing)]);
  const text = Buffer.concat(await (incoming as Readable & { statusCode: number }).toArray()).toString();
  if ((incoming as { statusCode: number }).statusCode !== 200) throw new Error(`${method} ${path}: ${text}`);
  return JSON.parse(text) as unknown;
}
