import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdmin, type AdminContext } from './admin.ts';
import { createApi } from './api.ts';
import { createCounters } from './counters.ts';
import { createHost } from './host.ts';
import { behaviourOf, DEFAULT_SETTINGS } from './settings.ts';
import { createState } from './state.ts';

/** What the registry's process tells the one that started it. */
export interface Listening {
  /** `http://127.0.0.1:port` */
  readonly admin: string;
  /** `127.0.0.1:port` each */
  readonly hosts: readonly string[];
}

const hostCount = Number(process.argv[2] ?? 1);
const firstPort = Number(process.argv[3] ?? 0);

const state = createState();
const counters = createCounters();
const context: AdminContext = {
  state,
  counters,
  settings: DEFAULT_SETTINGS,
  behaviour: behaviourOf(DEFAULT_SETTINGS),
};
const api = createApi(state);

async function startHost(number: number): Promise<string> {
  const port = firstPort === 0 ? 0 : firstPort + number;
  // The name holds the port, which is known only when the host listens.
  const names = { host: '' };
  const server = createHost(() => names.host, { api, counters, behaviour: () => context.behaviour });
  names.host = `127.0.0.1:${await listen(server, port)}`;
  return names.host;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

const hosts: string[] = [];
for (let number = 0; number < hostCount; number += 1) hosts.push(await startHost(number));
const admin = `http://127.0.0.1:${await listen(createAdmin(context), firstPort === 0 ? 0 : firstPort + hostCount)}`;
const listening: Listening = { admin, hosts };
if (process.send === undefined) process.stdout.write(`${JSON.stringify(listening)}\n`);
else process.send(listening);
// Whoever started the registry is gone.
process.on('disconnect', () => process.exit());
