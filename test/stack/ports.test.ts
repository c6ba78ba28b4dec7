import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { freePort, onFreePort } from '../../src/stack/ports.ts';

describe('a port for a server', () => {
  it('is the one that is wanted when that is free', async () => {
    const wanted = await freePort();
    assert.equal(await onFreePort(wanted, async (port) => port), wanted);
  });

  it('is another one when somebody listens there', async () => {
    const wanted = await freePort();
    const server = await listen(wanted);
    const chosen = await onFreePort(wanted, async (port) => port);
    server.close();
    assert.notEqual(chosen, wanted);
  });

  it('is chosen by one only while the server starts', async () => {
    const wanted = await freePort();
    const chosen = await onFreePort(wanted, (first) => onFreePort(wanted, async (second) => [first, second]));
    assert.equal(chosen[0], wanted);
    assert.notEqual(chosen[1], wanted);
  });

  it('can be chosen again when the server did not start', async () => {
    const wanted = await freePort();
    const failure = new Error('did not start');
    await assert.rejects(
      onFreePort(wanted, () => Promise.reject(failure)),
      failure,
    );
    assert.equal(await onFreePort(wanted, async (port) => port), wanted);
  });
});

async function listen(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
