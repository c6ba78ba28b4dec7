import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type File, type FileMetadata, ApiError, Storage } from '@google-cloud/storage';
import { GoogleAuth, Impersonated, PassThroughClient, type AuthClient } from 'google-auth-library';
import type { BucketAddress } from '../file-address.ts';
import { calling, lost } from './bucket-failure.ts';
import type { Bucket, BucketCall, StoredFile } from './bucket.ts';
import { opened, received } from './content.ts';
import { isSha256 } from './sha256.ts';

/** The name under which the hash is recorded with an object, the same as on S3. */
const HASH_KEY = 'content-hash-sha256';

/** Files above this size are sent in resumable pieces of it, and one piece is held in memory. */
const PIECE_BYTES = 16 * 1024 * 1024;

/** How many listeners the client's own streams have on each other. */
const LISTENERS = 20;

const PAGE_SIZE = 1000;
const SCOPES = ['https://www.googleapis.com/auth/devstorage.read_write'];
const IMPERSONATION_SCOPES = ['https://www.googleapis.com/auth/cloud-platform'];

/**
 * Opens a client with the application default credentials; without any it asks as nobody, which is enough to read public
 * buckets. `STORAGE_EMULATOR_HOST` names another server, as for every client of Google's.
 *
 * @param serviceAccount whom to act as; the credentials must be allowed to create its tokens
 */
export async function openGoogle(
  environment: Readonly<Record<string, string | undefined>>,
  serviceAccount?: string,
): Promise<Storage> {
  const emulator = environment['STORAGE_EMULATOR_HOST'] ?? '';
  if (emulator !== '') return openEmulator(emulator);
  return new Storage({ authClient: await credentials(serviceAccount) });
}

/** The client asks for some things at the variable's address as it is; servers have all of them below `/storage/v1`. */
function openEmulator(address: string): Storage {
  const storage = new Storage({ apiEndpoint: address, projectId: 'none' });
  storage.baseUrl = `${storage.apiEndpoint}/storage/v1`;
  return storage;
}

async function credentials(serviceAccount: string | undefined): Promise<AuthClient> {
  if (serviceAccount !== undefined) {
    const sourceClient = await new GoogleAuth({ scopes: IMPERSONATION_SCOPES }).getClient();
    return new Impersonated({ sourceClient, targetPrincipal: serviceAccount, targetScopes: SCOPES });
  }
  return new GoogleAuth({ scopes: SCOPES }).getClient().catch(() => new PassThroughClient());
}

/** A bucket of Google Cloud Storage. */
export function createGoogleBucket(storage: Storage, { bucket: bucketName, prefix, base }: BucketAddress): Bucket {
  const bucket = storage.bucket(bucketName);
  const fileOf = (name: string): File => bucket.file(`${prefix}${name}`);

  async function look(name: string): Promise<StoredFile | undefined> {
    try {
      const [metadata] = await fileOf(name).getMetadata();
      return describe(name, metadata);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  return {
    base,
    async *list({ signal }: BucketCall = {}) {
      let query: object | null = { prefix, maxResults: PAGE_SIZE, autoPaginate: false };
      while (query !== null) {
        const current: object = query;
        const [files, next] = await calling({ doing: `list ${base}`, signal }, statusOf, () =>
          bucket.getFiles(current),
        );
        for (const { name, metadata } of files) yield describe(name.slice(prefix.length), metadata);
        query = next ?? null;
      }
    },
    stat: (name, { signal } = {}) => calling({ doing: `look at ${base}${name}`, signal }, statusOf, () => look(name)),
    read({ name, version }, { signal } = {}) {
      const doing = `read ${base}${name}`;
      const file = bucket.file(`${prefix}${name}`, { generation: version });
      // The content is compared with its SHA-256, which says more than the client's own checksum.
      const body = file.createReadStream({ validation: false });
      // The client joins eleven streams to the answer, which Node would take for a leak.
      body.once('response', (answer: Readable) => answer.setMaxListeners(LISTENERS));
      return calling({ doing, signal }, statusOf, async () => {
        const stream = received(body, doing, statusOf, signal);
        // The request is made when somebody waits for its answer.
        await once(body, 'readable').catch((error: unknown) => {
          throw statusOf(error) === 404 ? lost(`${base}${name}`, error) : error;
        });
        return stream;
      });
    },
    write: (name, content, replaces, { signal } = {}) =>
      calling({ doing: `write ${base}${name}`, signal }, statusOf, async () => {
        const body = await opened(content, `${base}${name}`, signal);
        const isLarge = content.size > PIECE_BYTES;
        const upload = fileOf(name).createWriteStream({
          resumable: isLarge,
          ...(isLarge && { chunkSize: PIECE_BYTES }),
          validation: 'crc32c',
          ...(content.sha256 !== undefined && { metadata: { metadata: { [HASH_KEY]: content.sha256 } } }),
          preconditionOpts: { ifGenerationMatch: replaces === 'nothing' ? 0 : replaces.version },
        });
        await pipeline(body, upload);
      }),
  };
}

function describe(name: string, { size, generation, metadata }: FileMetadata): StoredFile {
  const sha256 = metadata?.[HASH_KEY];
  const file = { name, size: Number(size ?? 0), version: String(generation ?? '') };
  return typeof sha256 === 'string' && isSha256(sha256) ? { ...file, sha256 } : file;
}

function statusOf(thrown: unknown): number | undefined {
  const code = thrown instanceof ApiError || thrown instanceof Error ? (thrown as { code?: unknown }).code : undefined;
  return Number.isInteger(Number(code)) ? Number(code) : undefined;
}
