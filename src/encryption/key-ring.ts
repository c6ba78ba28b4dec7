import { createSecretKey, type KeyObject } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, PromoterError } from '../errors.ts';

/** Keys by their ids. New keys are written into the folder while programs run. */
export interface KeyRing {
  /** What is encrypted with from now on. @throws PromoterError `ConfigInvalid` */
  current(): Promise<{ readonly id: string; readonly key: KeyObject }>;
  /** @throws PromoterError `ConfigInvalid` when the folder has no such key */
  find(id: string): Promise<KeyObject>;
}

export interface KeyRingOptions {
  /** A file for each key: its name is the key's id, its content 32 bytes, or these in base64. */
  readonly keys: string;
  /** The id of the key to encrypt with; needed where there are several. */
  readonly key?: string;
}

const KEY_BYTES = 32;
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;

/** A ring of the keys in a folder, which is read when a key is first needed, and again for one that is not known. */
export function openKeyRing({ keys: folder, key: chosen }: KeyRingOptions): KeyRing {
  let reading: Promise<ReadonlyMap<string, KeyObject>> | undefined;

  function known(again = false): Promise<ReadonlyMap<string, KeyObject>> {
    if (reading !== undefined && !again) return reading;
    const attempt = readKeys(folder);
    reading = attempt;
    attempt.catch(() => {
      if (reading === attempt) reading = undefined;
    });
    return attempt;
  }

  async function find(id: string): Promise<KeyObject> {
    const key = (await known()).get(id) ?? (await known(true)).get(id);
    if (key !== undefined) return key;
    throw new PromoterError(
      'ConfigInvalid',
      `the folder of encryption keys, ${folder}, has no key '${id}', with which something was encrypted or is to be: put it there`,
    );
  }

  return {
    find,
    async current() {
      if (chosen !== undefined) return { id: chosen, key: await find(chosen) };
      const [only, ...others] = await known();
      if (only !== undefined && others.length === 0) return { id: only[0], key: only[1] };
      const why = only === undefined ? 'is empty' : `has ${others.length + 1} keys`;
      throw new PromoterError(
        'ConfigInvalid',
        `the folder of encryption keys, ${folder}, ${why}: say with encryption.key (PROMOTER_ENCRYPTION_KEY) which one to encrypt with`,
      );
    },
  };
}

async function readKeys(folder: string): Promise<ReadonlyMap<string, KeyObject>> {
  try {
    // Kubernetes mounts secrets beside folders and links that begin with a dot.
    const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
    const keys = names.map(async (id): Promise<[string, KeyObject]> => [id, await readKey(join(folder, id))]);
    return new Map(await Promise.all(keys));
  } catch (error) {
    if (error instanceof PromoterError) throw error;
    const message = `could not read the encryption keys in ${folder}: ${messageOf(error)}`;
    throw new PromoterError('ConfigInvalid', message, { cause: error });
  }
}

async function readKey(file: string): Promise<KeyObject> {
  const content = await readFile(file);
  const text = content.toString('latin1').trim();
  const bytes = content.length === KEY_BYTES ? content : BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
  if (bytes?.length === KEY_BYTES) return createSecretKey(bytes);
  throw new PromoterError(
    'ConfigInvalid',
    `${file} is not an encryption key: it must hold 32 bytes, or these in base64 (openssl rand -base64 32)`,
  );
}
