import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { json } from '@sigstore/core';

/** A TUF repository on loopback (https://theupdateframework.github.io/specification/latest). */
export interface TufRepository {
  readonly url: string;
  /** `root.json`, for clients to begin with. */
  readonly rootPath: string;
  readonly requests: readonly string[];
  /** Publishes targets, each by its name. */
  publish(targets: Readonly<Record<string, string>>): void;
  /** Serves other bytes for a target than its metadata says. */
  tamper(name: string, content: string): void;
  setDown(down: boolean): void;
  stop(): Promise<void>;
}

interface SigningKey {
  readonly id: string;
  readonly privateKey: KeyObject;
  readonly document: object;
}

/** Starts a repository whose four roles have one key. */
export async function startTufRepository(directory: string): Promise<TufRepository> {
  const key = makeKey();
  const files = new Map<string, string>();
  const requests: string[] = [];
  let version = 0;
  let down = false;
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push(path);
    const content = files.get(path);
    response.writeHead(down ? 503 : content === undefined ? 404 : 200).end(down ? '' : content);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const rootPath = join(directory, 'root.json');
  const role = { keyids: [key.id], threshold: 1 };
  const roles = { root: role, targets: role, snapshot: role, timestamp: role };
  const root = signed(key, {
    _type: 'root',
    version: 1,
    keys: { [key.id]: key.document },
    roles,
    consistent_snapshot: false,
  });
  await writeFile(rootPath, root);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    rootPath,
    requests,
    publish(targets) {
      version += 1;
      const described = Object.fromEntries(Object.entries(targets).map(([name, text]) => [name, describe(text)]));
      for (const [name, text] of Object.entries(targets)) files.set(`/targets/${name}`, text);
      const documents = [
        ['targets', { targets: described }],
        ['snapshot', { meta: { 'targets.json': { version } } }],
        ['timestamp', { meta: { 'snapshot.json': { version } } }],
      ] as const;
      for (const [type, body] of documents) files.set(`/${type}.json`, signed(key, { _type: type, version, ...body }));
    },
    tamper: (name, content) => void files.set(`/targets/${name}`, content),
    setDown: (value) => {
      down = value;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function makeKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
  const document = { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: raw } };
  const id = createHash('sha256').update(json.canonicalize(document)).digest('hex');
  return { id, privateKey, document };
}

function signed({ id, privateKey }: SigningKey, body: object): string {
  const document = { spec_version: '1.0.31', expires: '2100-01-01T00:00:00Z', ...body };
  const sig = sign(null, Buffer.from(json.canonicalize(document)), privateKey).toString('hex');
  return JSON.stringify({ signatures: [{ keyid: id, sig }], signed: document });
}

function describe(text: string): object {
  return { length: Buffer.byteLength(text), hashes: { sha256: createHash('sha256').update(text).digest('hex') } };
}
