import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { withHost } from './client-on-host.ts';
import { digestOf } from './content.ts';
import type { SeenRequest } from './http-host.ts';
import { reply, startHttpHost } from './http-host.ts';

const BYTES = randomBytes(300_000);
const BLOB = { digest: digestOf(BYTES), size: BYTES.length };

/** Sends all that the headers promise but for the end, then what `end` does. */
function sendPart(response: ServerResponse, bytes: Buffer, promised: number, end: () => void): void {
  response.writeHead(200, { 'content-length': String(promised) });
  response.write(bytes, end);
}

function sendRange({ headers }: SeenRequest, response: ServerResponse): void {
  const start = Number(/^bytes=(\d+)-\d+$/.exec(headers.range ?? '')?.[1]);
  const range = `bytes ${start}-${BYTES.length - 1}/${BYTES.length}`;
  reply(response, 206, { 'content-range': range }, BYTES.subarray(start));
}

describe('reading a blob', () => {
  it('gives exactly its bytes', async () => {
    await withHost(
      (_request, response) => reply(response, 200, {}, BYTES),
      async ({ registry, repository }) => {
        assert.deepEqual(await buffer(await registry.openBlob(repository, BLOB)), BYTES);
      },
    );
  });

  it('fails at its end when the bytes are others, too few or too many', async () => {
    const changed = Buffer.from(BYTES);
    changed[1_000] = (changed[1_000] ?? 0) ^ 1;
    for (const [body, code] of [
      [changed, 'DigestMismatch'],
      [Buffer.concat([BYTES, Buffer.from('x')]), 'DigestMismatch'],
      [BYTES.subarray(1), 'RegistryUnavailable'],
    ] as const) {
      await withHost(
        ({ headers }, response) => {
          if (headers.range === undefined) reply(response, 200, {}, body);
          else reply(response, 206, { 'content-range': `bytes ${body.length}-/*` });
        },
        async ({ registry, repository }) => {
          await assert.rejects(buffer(await registry.openBlob(repository, BLOB)), { code });
        },
      );
    }
  });

  it('fails at once when the registry announces another size', async () => {
    for (const body of [BYTES.subarray(1), Buffer.concat([BYTES, BYTES])]) {
      await withHost(
        (_request, response) => reply(response, 200, { 'content-length': String(body.length) }, body),
        async ({ registry, repository, server }) => {
          await assert.rejects(registry.openBlob(repository, BLOB), {
            code: 'DigestMismatch',
            message: new RegExp(`announced ${body.length} bytes`),
          });
          assert.equal(server.seen.length, 1);
        },
      );
    }
  });

  it('survives that nobody reads a body of another size that has arrived with its headers', async () => {
    await withHost(
      (_request, response) => reply(response, 200, { 'content-length': '5' }, Buffer.from('other')),
      async ({ registry, repository }) => {
        await assert.rejects(registry.openBlob(repository, BLOB), { code: 'DigestMismatch' });
        // What an event emitter makes of an error that nobody listens for comes later.
        await setImmediate();
        await setImmediate();
      },
    );
  });

  it('goes on where a body broke off', async () => {
    await withHost(
      (request, response) => {
        if (request.headers.range !== undefined) sendRange(request, response);
        else sendPart(response, BYTES.subarray(0, 100_000), BYTES.length, () => response.destroy());
      },
      async ({ registry, repository, server }) => {
        assert.deepEqual(await buffer(await registry.openBlob(repository, BLOB)), BYTES);
        assert.equal(server.seen.length, 2);
        assert.match(server.seen[1]?.headers.range ?? '', /^bytes=\d+-299999$/);
      },
    );
  });

  it('goes on where a body stalled', async () => {
    await withHost(
      (request, response) => {
        if (request.headers.range !== undefined) sendRange(request, response);
        else sendPart(response, BYTES.subarray(0, 100_000), BYTES.length, () => undefined);
      },
      async ({ registry, repository }) => {
        assert.deepEqual(await buffer(await registry.openBlob(repository, BLOB)), BYTES);
      },
      { timeouts: { bodyIdleMs: 50 } },
    );
  });

  it('skips what it has when a registry knows no ranges', async () => {
    let calls = 0;
    await withHost(
      (_request, response) => {
        calls += 1;
        if (calls === 2) reply(response, 200, {}, BYTES);
        else sendPart(response, BYTES.subarray(0, 100_000), BYTES.length, () => response.destroy());
      },
      async ({ registry, repository }) => {
        assert.deepEqual(await buffer(await registry.openBlob(repository, BLOB)), BYTES);
      },
    );
  });

  it('reads it all again when a registry refuses ranges', async () => {
    let calls = 0;
    await withHost(
      ({ headers }, response) => {
        calls += 1;
        if (headers.range !== undefined) reply(response, 416);
        else if (calls > 1) reply(response, 200, {}, BYTES);
        else sendPart(response, BYTES.subarray(0, 100_000), BYTES.length, () => response.destroy());
      },
      async ({ registry, repository }) => {
        assert.deepEqual(await buffer(await registry.openBlob(repository, BLOB)), BYTES);
        assert.equal(calls, 3);
      },
    );
  });

  it('gives up when it keeps breaking', async () => {
    await withHost(
      (_request, response) => sendPart(response, BYTES.subarray(0, 10), BYTES.length, () => response.destroy()),
      async ({ registry, repository, server }) => {
        await assert.rejects(buffer(await registry.openBlob(repository, BLOB)), { code: 'RegistryUnavailable' });
        assert.equal(server.seen.length, 3);
      },
    );
  });

  it('fails before there is a stream when there is no blob', async () => {
    await withHost(
      (_request, response) => reply(response, 404, {}, { errors: [{ code: 'BLOB_UNKNOWN' }] }),
      async ({ registry, repository }) => {
        await assert.rejects(registry.openBlob(repository, BLOB), { code: 'RegistryNotFound' });
        assert.equal(await registry.hasBlob(repository, BLOB.digest), false);
      },
    );
  });

  it('follows a redirect to another host without credentials', async () => {
    const store = await startHttpHost((_request, response) => reply(response, 200, {}, BYTES));
    await withHost(
      ({ headers }, response) => {
        if (headers.authorization === undefined) reply(response, 401, { 'www-authenticate': 'Basic' });
        else reply(response, 307, { location: `${store.origin}/blob?signature=s` });
      },
      async ({ registry, repository }) => {
        assert.deepEqual(await buffer(await registry.openBlob(repository, BLOB)), BYTES);
        assert.equal(store.seen[0]?.headers.authorization, undefined);
      },
      { credentials: () => Promise.resolve({ kind: 'password', username: 'u', password: 'p' }) },
    );
    await store.close();
  });

  it('lets the connection go when the reader stops', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    await withHost(
      (_request, response) => {
        response.on('close', resolve);
        sendPart(response, BYTES.subarray(0, 1_000), BYTES.length, () => undefined);
      },
      async ({ registry, repository }) => {
        const stream = await registry.openBlob(repository, BLOB);
        stream.once('data', () => stream.destroy());
        await closed;
      },
    );
  });

  it('ends with the reason when it is cancelled', async () => {
    const cancel = new AbortController();
    await withHost(
      (_request, response) => sendPart(response, BYTES.subarray(0, 1_000), BYTES.length, () => undefined),
      async ({ registry, repository }) => {
        const stream = await registry.openBlob(repository, BLOB, { signal: cancel.signal });
        stream.once('data', () => cancel.abort(new Error('cancelled')));
        await assert.rejects(buffer(stream), /cancelled/);
      },
    );
  });
});
