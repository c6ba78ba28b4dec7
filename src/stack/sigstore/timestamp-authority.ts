import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { answers } from '../process.ts';
import { inOwnNetwork } from './isolation.ts';
import { listenOnLoopback } from './loopback-listener.ts';
import { type Service, type ServiceOptions, startInOrder, startProgram } from './service.ts';

export interface TimestampAuthorityOptions extends ServiceOptions {
  readonly port: number;
}

/**
 * Starts the timestamp authority (RFC 3161) behind a port of ours.
 *
 * It serves metrics on port 2112 whatever it is told, and ends when that port is taken: so it gets a network of its own,
 * listens on a Unix socket, and we pass connections on.
 */
export function startTimestampAuthority(options: TimestampAuthorityOptions): Promise<Service> {
  const socketPath = socketFor(options.directory);
  return startInOrder([() => startProxy(options.port, socketPath), () => startServer(options, socketPath)]);
}

/** In the folder for temporary files, since a path of more than about a hundred bytes is too long for a socket. */
function socketFor(directory: string): string {
  return join(tmpdir(), `timestamp-${createHash('sha256').update(directory).digest('hex').slice(0, 16)}.sock`);
}

async function startProxy(port: number, socketPath: string): Promise<Service> {
  const listener = await listenOnLoopback(proxyTo(socketPath), port);
  return { processes: [], stop: listener.stop };
}

function proxyTo(socketPath: string): Server {
  const ignoreAborts = (): void => undefined;
  return createServer((client) => {
    const server = connect(socketPath);
    pipeline(client, server, ignoreAborts);
    pipeline(server, client, ignoreAborts);
  });
}

async function startServer(options: TimestampAuthorityOptions, socketPath: string): Promise<Service> {
  const { credentials, directory, port } = options;
  await rm(socketPath, { force: true });
  const command = await inOwnNetwork({
    program: await options.findProgram('timestamp-server'),
    args: [
      'serve',
      '--scheme=unix',
      `--socket-path=${socketPath}`,
      '--timestamp-signer=file',
      `--file-signer-key-path=${credentials.keyFile('timestamp')}`,
      `--certificate-chain-path=${credentials.timestampChainFile}`,
      // It would compare our clock with time servers of the Internet.
      '--disable-ntp-monitoring',
      '--log-type=prod',
    ],
  });
  const server = await startProgram({
    name: 'the timestamp authority',
    ...command,
    logFile: join(directory, 'timestamp-authority.log'),
    ready: () => answers(`http://127.0.0.1:${port}/ping`),
  });
  return {
    processes: server.processes,
    stop: async () => {
      await server.stop();
      await rm(socketPath, { force: true });
    },
  };
}
