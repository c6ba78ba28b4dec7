import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { openKeyRing } from '../../src/encryption/key-ring.ts';
import { createEncryptionCodec, dataConverterOf } from '../../src/encryption/payload-codec.ts';
import { type KeyFolder, makeKeyFolder } from './key-folder.ts';

describe('encryption of payloads', () => {
  let folder: KeyFolder;
  beforeEach(async () => {
    folder = await makeKeyFolder('first');
  });
  afterEach(() => folder.remove());

  const codec = (key?: string) =>
    createEncryptionCodec(openKeyRing({ keys: folder.path, ...(key === undefined ? {} : { key }) }));
  const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
  const visible = (payload: Payload | undefined): string =>
    [...Object.values(payload?.metadata ?? {}), payload?.data ?? []]
      .map((bytes) => Buffer.from(bytes).toString('latin1'))
      .join(' ');

  it('gives back whatever was encrypted, and shows nothing of it', async () => {
    const both = codec();
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 8 }), fc.jsonValue(), async (text, value) => {
        const payloads = [payloadOf(text), payloadOf(value)];
        const encrypted = await both.encode(payloads);
        assert.ok(!visible(encrypted[0]).includes(text));
        assert.ok(!visible(encrypted[0]).includes('json/plain'));
        const [one, other] = (await both.decode(encrypted)).map((each) => defaultPayloadConverter.fromPayload(each));
        assert.equal(one, text);
        assert.deepEqual(other, defaultPayloadConverter.fromPayload(payloads[1]!));
      }),
      { numRuns: 50 },
    );
  });

  it('never encrypts the same to the same', async () => {
    const [one, other] = await codec().encode([payloadOf('same'), payloadOf('same')]);
    assert.notDeepEqual(one?.data, other?.data);
  });

  it('passes through what is not encrypted', async () => {
    const payload = payloadOf({ reason: 'sent by hand' });
    assert.deepEqual(await codec().decode([payload]), [payload]);
  });

  it('refuses what was changed, and what another key of that name encrypted', async () => {
    const [payload] = await codec().encode([payloadOf('a')]);
    const data = Buffer.from(payload!.data!);
    data[20]! ^= 1;
    const refusal = { code: 'ConfigInvalid', message: /cannot be decrypted with the key 'first'/ };
    await assert.rejects(codec().decode([{ ...payload, data }]), refusal);
    await assert.rejects(codec().decode([{ ...payload, data: data.subarray(0, 5) }]), refusal);
    await folder.add('first');
    await assert.rejects(codec().decode([payload!]), refusal);
  });

  it('goes on with keys that come while it runs, and reads what older ones encrypted', async () => {
    const worker = codec('first');
    const [old] = await worker.encode([payloadOf('old')]);
    await folder.add('second', randomBytes(32));
    const client = codec('second');
    const [fresh] = await client.encode([payloadOf('new')]);
    assert.match(visible(fresh), /second/);
    const read = await worker.decode([old!, fresh!]);
    assert.deepEqual(
      read.map((payload) => defaultPayloadConverter.fromPayload(payload)),
      ['old', 'new'],
    );
  });

  it('says what is wrong with the keys', async () => {
    const refused = (key: string | undefined, message: RegExp) =>
      assert.rejects(codec(key).encode([payloadOf('a')]), { code: 'ConfigInvalid', message });
    await refused('other', /has no key 'other'/);
    // As Kubernetes mounts secrets.
    await mkdir(join(folder.path, '..data'));
    await codec().encode([payloadOf('a')]);
    await folder.add('second');
    await refused(undefined, /has 2 keys: say with encryption\.key/);
    await folder.add('short', 'c2hvcnQ=');
    await refused('first', /short is not an encryption key: it must hold 32 bytes/);
    await assert.rejects(openKeyRing({ keys: '/nowhere' }).find('a'), { message: /could not read .*ENOENT/ });
  });

  it('is not there where no keys are configured', () => {
    assert.deepEqual(dataConverterOf({}), {});
  });
});
