import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';

/** A server of this process, listening on 127.0.0.1. */
export interface LoopbackListener {
  readonly port: number;
  /** Stops listening and cuts the connections that are still open. */
  readonly stop: () => Promise<void>;
}

/** Listens on 127.0.0.1 at `port`, 0 meaning any free one. */
export async function listenOnLoopback(server: Server, port: number): Promise<LoopbackListener> {
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  server.listen({ host: '127.0.0.1', port });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const connection of connections) {
        connection.destroy();
      }
      await closed;
    },
  };
}
