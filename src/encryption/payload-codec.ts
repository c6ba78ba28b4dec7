import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { PromoterError } from '../errors.ts';
import { type KeyRing, openKeyRing } from './key-ring.ts';

const { Payload: Message } = proto.temporal.api.common.v1;

// The format of Temporal's own samples (`encryption` in samples-typescript and samples-go), so that their tools read it.
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * What connects to Temporal with encryption, or without where no keys are configured: for clients and workers alike.
 */
export function dataConverterOf(encryption: { readonly keys?: string; readonly key?: string }): {
  readonly dataConverter?: { readonly payloadCodecs: PayloadCodec[] };
} {
  const { keys } = encryption;
  if (keys === undefined) return {};
  return { dataConverter: { payloadCodecs: [createEncryptionCodec(openKeyRing({ ...encryption, keys }))] } };
}

/**
 * Encrypts payloads by AES-256-GCM (NIST SP 800-38D) with the ring's current key, and decrypts them with the key that
 * each names. What is not encrypted is passed through as it is: an Update sent from the UI by hand, say, or a run that
 * began without encryption.
 */
export function createEncryptionCodec(ring: KeyRing): PayloadCodec {
  return {
    async encode(payloads) {
      if (payloads.length === 0) return payloads;
      const { id, key } = await ring.current();
      return payloads.map((payload) => {
        const nonce = randomBytes(NONCE_BYTES);
        const cipher = createCipheriv(CIPHER, key, nonce);
        const data = Buffer.concat([nonce, cipher.update(Message.encode(payload).finish()), cipher.final()]);
        const metadata = { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(id) };
        return { metadata, data: Buffer.concat([data, cipher.getAuthTag()]) };
      });
    },
    async decode(payloads) {
      return Promise.all(
        payloads.map(async (payload) => (textOf(payload, 'encoding') === ENCODING ? decrypt(payload, ring) : payload)),
      );
    },
  };
}

async function decrypt(payload: Payload, ring: KeyRing): Promise<Payload> {
  const id = textOf(payload, KEY_ID) ?? '';
  const data = payload.data ?? new Uint8Array();
  const key = await ring.find(id);
  try {
    const decipher = createDecipheriv(CIPHER, key, data.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(data.subarray(-TAG_BYTES));
    const plain = [decipher.update(data.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
    return Message.decode(Buffer.concat(plain));
  } catch (error) {
    throw new PromoterError(
      'ConfigInvalid',
      `a payload cannot be decrypted with the key '${id}' that it names: another key goes by that name, or it was changed`,
      { cause: error },
    );
  }
}

function textOf({ metadata }: Payload, name: string): string | undefined {
  const bytes = metadata?.[name];
  return bytes === undefined || bytes === null ? undefined : Buffer.from(bytes).toString('utf8');
}
