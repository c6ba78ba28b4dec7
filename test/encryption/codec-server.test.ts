import assert from 'node:assert/strict';
import { startCodecServer, type CodecServer } from '../../src/encryption/codec-server.ts';
import { openKeyRing } from '../../src/encryption/key-ring.ts';
import { createEncryptionCodec } from '../../src/encryption/payload-codec.ts';
import { type KeyFolder, makeKeyFolder } from './key-folder.ts';

const UI = 'https://ui.example';
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const PLAIN = { payloads: [{ metadata: { encoding: base64('json/plain') }, data: base64('{"confirm":true}') }] };

describe('the codec server', () => {
  let folder: KeyFolder;
  let server: CodecServer;
  before(async () => {
    folder = await makeKeyFolder('only');
    const codec = createEncryptionCodec(openKeyRing({ keys: folder.path }));
    server = await startCodecServer({ codec, host: '127.0.0.1', port: 0, origin: UI });
  });
  after(async () => {
    await server.close();
    await folder.remove();
  });

  const post = (path: string, body: unknown, headers: Record<string, string> = { origin: UI }): Promise<Response> =>
    fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('encodes and decodes as the UI asks', async () => {
    const encoded = await post('/encode', PLAIN);
    assert.equal(encoded.headers.get('access-control-allow-origin'), UI);
    const encrypted = (await encoded.json()) as typeof PLAIN;
    assert.equal(encrypted.payloads[0]?.metadata.encoding, base64('binary/encrypted'));
    assert.deepEqual(await (await post('/decode', encrypted)).json(), PLAIN);
    assert.deepEqual(await (await post('/decode', encrypted, {})).json(), PLAIN);
  });

  it('answers the question that a browser asks first', async () => {
    const { status, headers } = await fetch(`${server.url}/decode`, { method: 'OPTIONS', headers: { origin: UI } });
    assert.equal(status, 204);
    assert.match(headers.get('access-control-allow-headers') ?? '', /x-namespace/);
  });

  it('answers no other page', async () => {
    const { status } = await post('/decode', PLAIN, { origin: 'https://elsewhere.example' });
    assert.equal(status, 403);
  });

  it('refuses what is no payload', async () => {
    assert.equal((await post('/decode', '{')).status, 400);
    assert.equal((await post('/decode', { payloads: 7 })).status, 400);
    assert.equal((await post('/', PLAIN)).status, 404);
    assert.equal((await fetch(`${server.url}/decode`)).status, 404);
  });

  it('says why it cannot listen', async () => {
    const codec = createEncryptionCodec(openKeyRing({ keys: folder.path }));
    const port = Number(new URL(server.url).port);
    await assert.rejects(startCodecServer({ codec, host: '127.0.0.1', port, origin: UI }), {
      code: 'UsageInvalid',
      message: /could not listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/,
    });
  });
});
