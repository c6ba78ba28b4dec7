import type { Readable } from 'node:stream';
import {
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  paginateListObjectsV2,
  S3Client,
  type S3ClientConfig,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { BucketAddress } from '../file-address.ts';
import { calling, lost } from './bucket-failure.ts';
import type { Bucket, BucketCall, FileContent, Replaces, StoredFile } from './bucket.ts';
import { opened, received } from './content.ts';
import { isSha256 } from './sha256.ts';

/** The name under which kpromo records the hash with an object, too. */
const HASH_KEY = 'content-hash-sha256';

/** Files up to this size are sent at once, larger ones in parts of it; no upload has more than 10,000 parts. */
const PART_BYTES = 8 * 1024 * 1024;
const MOST_PARTS = 10_000;

/** Parts of one file that are in memory and on their way. */
const PARTS_AT_ONCE = 3;

/** How long connecting, and the beginning of an answer, may take. */
const CONNECT_MS = 10_000;
const ANSWER_MS = 120_000;

/** Requests without a signature. */
const ANONYMOUS: S3ClientConfig = {
  credentials: { accessKeyId: '', secretAccessKey: '' },
  signer: { sign: (request) => Promise.resolve(request) },
};

/**
 * Opens a client with the environment's credentials, region and endpoint (`AWS_*`, shared configuration files, the
 * machine's role); without any credentials it asks as nobody, which is enough to read public buckets.
 */
export async function openS3(environment: Readonly<Record<string, string | undefined>>): Promise<S3Client> {
  const endpoint = environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'];
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = environment;
  const sessionToken = environment['AWS_SESSION_TOKEN'];
  const region = environment['AWS_REGION'] ?? environment['AWS_DEFAULT_REGION'];
  const options: S3ClientConfig = {
    // Servers that are not Amazon's seldom have a host name for each bucket.
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(accessKeyId !== '' && { credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) } }),
    ...(region !== undefined && { region }),
    // Buckets of other regions are found by the redirect that they are answered with.
    followRegionRedirects: true,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS, throwOnRequestTimeout: true },
  };
  const client = new S3Client(options);
  const [anyRegion, anyCredentials] = await Promise.allSettled([client.config.region(), client.config.credentials()]);
  client.destroy();
  return new S3Client({
    ...options,
    // The SDK knows no default for either.
    ...(anyRegion.status === 'rejected' && { region: 'us-east-1' }),
    ...(anyCredentials.status === 'rejected' && ANONYMOUS),
  });
}

/** A bucket of Amazon's S3, or of anything that speaks its protocol. */
export function createS3Bucket(client: S3Client, { bucket, prefix, base }: BucketAddress): Bucket {
  const objectOf = (name: string) => ({ Bucket: bucket, Key: `${prefix}${name}` });
  const sendOptions = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { abortSignal: signal });

  async function look(name: string, signal: AbortSignal | undefined): Promise<StoredFile | undefined> {
    try {
      const command = new HeadObjectCommand({ ...objectOf(name), ChecksumMode: 'ENABLED' });
      return describe(name, await client.send(command, sendOptions(signal)));
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  return {
    base,
    async *list({ signal }: BucketCall = {}) {
      const pages = paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: prefix }, sendOptions(signal));
      for (;;) {
        const page = await calling({ doing: `list ${base}`, signal }, statusOf, () => pages.next());
        if (page.done === true) return;
        for (const { Key = '', Size = 0, ETag = '' } of page.value.Contents ?? []) {
          yield { name: Key.slice(prefix.length), size: Size, version: ETag };
        }
      }
    },
    stat: (name, { signal } = {}) =>
      calling({ doing: `look at ${base}${name}`, signal }, statusOf, () => look(name, signal)),
    read({ name, version }, { signal } = {}) {
      const doing = `read ${base}${name}`;
      return calling({ doing, signal }, statusOf, async () => {
        const command = new GetObjectCommand({ ...objectOf(name), IfMatch: version });
        const { Body } = await client.send(command, sendOptions(signal)).catch((error: unknown) => {
          if (error instanceof S3ServiceException && (statusOf(error) === 412 || error.name === 'NoSuchKey')) {
            throw lost(`${base}${name}`, error);
          }
          throw error;
        });
        return received(Body as Readable, doing, statusOf, signal);
      });
    },
    write: (name, content, replaces, { signal } = {}) =>
      calling({ doing: `write ${base}${name}`, signal }, statusOf, async () => {
        const body = await opened(content, `${base}${name}`, signal);
        try {
          // Parts that were sent are taken back when the body or a call fails.
          await new Upload({
            client,
            queueSize: PARTS_AT_ONCE,
            partSize: Math.max(PART_BYTES, Math.ceil(content.size / MOST_PARTS)),
            params: { ...objectOf(name), ...recordOf(content), ...conditionOf(replaces), Body: body },
          }).done();
        } finally {
          body.destroy();
        }
      }),
  };
}

function describe(name: string, head: HeadObjectCommandOutput): StoredFile {
  const sha256 = head.Metadata?.[HASH_KEY] ?? wholeChecksum(head);
  const file = { name, size: head.ContentLength ?? 0, version: head.ETag ?? '' };
  return sha256 !== undefined && isSha256(sha256) ? { ...file, sha256 } : file;
}

/** The checksum of an object that was sent in parts is one of its parts' checksums, and marked so. */
function wholeChecksum({ ChecksumSHA256, ChecksumType }: HeadObjectCommandOutput): string | undefined {
  if (ChecksumSHA256 === undefined || ChecksumType === 'COMPOSITE') return undefined;
  return Buffer.from(ChecksumSHA256, 'base64').toString('hex');
}

function recordOf({ sha256 }: FileContent): { Metadata: Record<string, string> } | undefined {
  return sha256 === undefined ? undefined : { Metadata: { [HASH_KEY]: sha256 } };
}

/** Conditional writes: Amazon S3 User Guide, "Prevent object overwrites with conditional writes". */
function conditionOf(replaces: Replaces): { IfNoneMatch: string } | { IfMatch: string } {
  return replaces === 'nothing' ? { IfNoneMatch: '*' } : { IfMatch: replaces.version };
}

function statusOf(thrown: unknown): number | undefined {
  return thrown instanceof S3ServiceException ? thrown.$metadata.httpStatusCode : undefined;
}
