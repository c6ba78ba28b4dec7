import { createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { id_kp_timeStamping } from '@peculiar/asn1-x509';
import { issueCertificate } from './certificate.ts';

const generate = promisify(generateKeyPair);

const CERTIFICATE_YEARS = 10;
/** Clocks of programs on one machine agree; this covers certificates that are checked in the second they were made. */
const CERTIFICATE_HEAD_START_MS = 60 * 60 * 1000;

const KEY_KINDS = {
  issuer: 'rsa',
  'ct-log': 'p256',
  fulcio: 'p256',
  'timestamp-root': 'p256',
  timestamp: 'p256',
  'rekor-v1': 'p256',
  'rekor-v2': 'ed25519',
} as const;

/** The services that own a key. */
type KeyName = keyof typeof KEY_KINDS;

/** The keys and certificates of one stack: files for the programs, and where to find them. */
export interface Credentials {
  /** PKCS#8 PEM, readable by its owner alone. */
  readonly keyFile: (name: KeyName) => string;
  /** SubjectPublicKeyInfo PEM. */
  readonly publicKeyFile: (name: KeyName) => string;
  readonly privateKey: (name: KeyName) => KeyObject;
  readonly publicKey: (name: KeyName) => KeyObject;
  /** The self-signed certificate that Fulcio issues from, PEM. */
  readonly fulcioCertificateFile: string;
  /** The timestamp authority's certificate followed by its root, PEM. */
  readonly timestampChainFile: string;
}

/**
 * The credentials kept in `directory`, made on first use.
 *
 * They outlive the programs, so that signatures made in an earlier run of a stack still verify in the next one. They
 * appear all at once: an interrupted first start leaves none.
 */
export async function keepCredentials(directory: string): Promise<Credentials> {
  if (!existsSync(directory)) {
    await createCredentials(directory);
  }
  const names = Object.keys(KEY_KINDS) as KeyName[];
  const privateKeys = new Map(
    await Promise.all(
      names.map(async (name) => [name, createPrivateKey(await readFile(join(directory, `${name}.key`)))] as const),
    ),
  );
  const privateKey = (name: KeyName): KeyObject => {
    const key = privateKeys.get(name);
    if (key === undefined) {
      throw new TypeError(`no key named ${name}`);
    }
    return key;
  };
  return {
    keyFile: (name) => join(directory, `${name}.key`),
    publicKeyFile: (name) => join(directory, `${name}.pub`),
    privateKey,
    publicKey: (name) => createPublicKey(privateKey(name)),
    fulcioCertificateFile: join(directory, 'fulcio.pem'),
    timestampChainFile: join(directory, 'timestamp.pem'),
  };
}

async function createCredentials(directory: string): Promise<void> {
  const unfinished = `${directory}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  const keys = Object.fromEntries(
    await Promise.all(Object.entries(KEY_KINDS).map(async ([name, kind]) => [name, await generatePrivateKey(kind)])),
  ) as Record<KeyName, KeyObject>;
  await Promise.all([
    ...Object.entries(keys).map(([name, key]) => writeKeyPair(unfinished, name, key)),
    ...Object.entries(issueCertificates(keys)).map(([name, pem]) => writeFile(join(unfinished, name), pem)),
  ]);
  await rename(unfinished, directory);
}

async function generatePrivateKey(kind: (typeof KEY_KINDS)[KeyName]): Promise<KeyObject> {
  switch (kind) {
    case 'rsa':
      return (await generate('rsa', { modulusLength: 2048 })).privateKey;
    case 'p256':
      return (await generate('ec', { namedCurve: 'P-256' })).privateKey;
    case 'ed25519':
      return (await generate('ed25519')).privateKey;
  }
}

async function writeKeyPair(directory: string, name: string, key: KeyObject): Promise<void> {
  await writeFile(join(directory, `${name}.key`), key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(join(directory, `${name}.pub`), createPublicKey(key).export({ type: 'spki', format: 'pem' }));
}

function issueCertificates(keys: Readonly<Record<KeyName, KeyObject>>): Readonly<Record<string, string>> {
  const notBefore = new Date(Date.now() - CERTIFICATE_HEAD_START_MS);
  notBefore.setMilliseconds(0);
  const notAfter = new Date(notBefore);
  notAfter.setFullYear(notAfter.getFullYear() + CERTIFICATE_YEARS);
  const validity = { notBefore, notAfter };
  const fulcio = { commonName: 'Fulcio of the development stack', privateKey: keys.fulcio };
  const timestampRoot = { commonName: 'Timestamp root of the development stack', privateKey: keys['timestamp-root'] };
  const timestamp = { commonName: 'Timestamp authority of the development stack', privateKey: keys.timestamp };
  const timestampUse = { kind: 'signer', purpose: id_kp_timeStamping } as const;
  return {
    'fulcio.pem': issueCertificate({ subject: fulcio, use: { kind: 'authority' }, ...validity }),
    'timestamp.pem': [
      issueCertificate({ subject: timestamp, issuer: timestampRoot, use: timestampUse, ...validity }),
      issueCertificate({ subject: timestampRoot, use: { kind: 'authority' }, ...validity }),
    ].join(''),
  };
}
