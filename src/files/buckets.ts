import type { S3Client } from '@aws-sdk/client-s3';
import type { Storage } from '@google-cloud/storage';
import { parseBase } from '../file-address.ts';
import type { Bucket } from './bucket.ts';
import { createFolderBucket } from './folder-bucket.ts';

/** Opens buckets by their address; clients are made when they are first needed, and shared. */
export interface Buckets {
  /**
   * @param serviceAccount the Google service account to act as, for `gs://`
   * @throws PromoterError `UsageInvalid` for an address that names no bucket
   */
  open(base: string, serviceAccount?: string): Promise<Bucket>;
}

/** The buckets that a process can reach with the credentials in its environment. */
export function createBuckets(environment: Readonly<Record<string, string | undefined>>): Buckets {
  const google = new Map<string, Promise<Storage>>();
  let s3: Promise<S3Client> | undefined;

  function storageAs(serviceAccount: string | undefined): Promise<Storage> {
    const key = serviceAccount ?? '';
    const storage =
      google.get(key) ?? import('./google-bucket.ts').then((it) => it.openGoogle(environment, serviceAccount));
    google.set(key, storage);
    return storage;
  }

  return {
    async open(base, serviceAccount) {
      const address = parseBase(base);
      if (address.scheme === 'file') return createFolderBucket(address);
      if (address.scheme === 's3') {
        const { createS3Bucket, openS3 } = await import('./s3-bucket.ts');
        s3 ??= openS3(environment);
        return createS3Bucket(await s3, address);
      }
      const { createGoogleBucket } = await import('./google-bucket.ts');
      return createGoogleBucket(await storageAs(serviceAccount), address);
    },
  };
}
