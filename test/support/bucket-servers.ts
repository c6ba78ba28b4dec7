import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { Storage } from '@google-cloud/storage';
import { onFreePort } from '../../src/stack/ports.ts';
import { answers, startProcess } from '../../src/stack/process.ts';
import { findProgram } from '../../src/stack/programs.ts';

/** An object store on loopback, and how a program is told of it. */
export interface BucketServer {
  readonly environment: Readonly<Record<string, string>>;
  /** Makes a bucket and answers with its address, ending in a slash. */
  makeBucket(name: string): Promise<string>;
  /** A bucket that had many empty files from the start, and their names. */
  readonly full: { readonly base: string; readonly names: readonly string[] };
  stop(): Promise<void>;
}

/** One more than any of the services lists at once. */
const MANY = Array.from({ length: 1001 }, (_, index) => `files/${String(index).padStart(4, '0')}`);

const KEYS = { accessKeyId: 'test', secretAccessKey: 'test-secret' };

/** Starts Versity's S3 gateway over an empty folder. */
export async function startS3(): Promise<BucketServer> {
  const { url, stop } = await startServer('versitygw', (host, directory) => ({
    args: ['--port', host, '--access', KEYS.accessKeyId, '--secret', KEYS.secretAccessKey, 'posix', directory],
    path: '/health',
    more: ['--health', '/health', '--quiet'],
  }));
  const client = new S3Client({ endpoint: url, region: 'us-east-1', forcePathStyle: true, credentials: KEYS });
  return {
    environment: {
      AWS_ENDPOINT_URL_S3: url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
    },
    async makeBucket(name) {
      await client.send(new CreateBucketCommand({ Bucket: name }));
      return `s3://${name}/`;
    },
    full: { base: 's3://full/', names: MANY },
    async stop() {
      client.destroy();
      await stop();
    },
  };
}

/** Starts fake-gcs-server, which keeps everything in memory. */
export async function startGoogle(): Promise<BucketServer> {
  const { url, stop } = await startServer('fake-gcs-server', (host, directory) => ({
    args: ['-scheme', 'http', '-host', '127.0.0.1', '-port', host.replace(/.*:/, ''), '-backend', 'memory'],
    path: '/_internal/healthcheck',
    more: ['-external-url', `http://${host}`, '-log-level', 'error', '-data', directory],
  }));
  const storage = new Storage({ apiEndpoint: url, projectId: 'test' });
  return {
    environment: { STORAGE_EMULATOR_HOST: url },
    async makeBucket(name) {
      await storage.createBucket(name);
      return `gs://${name}/`;
    },
    full: { base: 'gs://full/', names: MANY },
    stop,
  };
}

interface Invocation {
  readonly args: readonly string[];
  readonly more: readonly string[];
  /** Where it says that it is ready. */
  readonly path: string;
}

async function startServer(
  name: string,
  invocation: (host: string, directory: string) => Invocation,
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const program = await findProgram(name);
  const directory = await mkdtemp(join(tmpdir(), `${name}-`));
  await mkdir(join(directory, 'full', 'files'), { recursive: true });
  await Promise.all(MANY.map((file) => writeFile(join(directory, 'full', file), '')));
  return onFreePort(undefined, async (port) => {
    const host = `127.0.0.1:${port}`;
    const { args, more, path } = invocation(host, directory);
    const server = await startProcess({
      name,
      program,
      args: [...more, ...args],
      logFile: `${directory}.log`,
      ready: () => answers(`http://${host}${path}`),
    });
    return {
      url: `http://${host}`,
      async stop() {
        await server.stop();
        await rm(directory, { recursive: true, force: true });
        await rm(`${directory}.log`, { force: true });
      },
    };
  });
}
