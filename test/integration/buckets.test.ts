import assert from 'node:assert/strict';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { createBuckets } from '../../src/files/buckets.ts';
import type { Buckets } from '../../src/files/buckets.ts';
import { openS3 } from '../../src/files/s3-bucket.ts';
import { coded, contentOf, itKeepsTheContract, namesIn } from '../files/bucket-contract.ts';
import { startGoogle, startS3, type BucketServer } from '../support/bucket-servers.ts';

for (const [kind, scheme, start] of [
  ['S3', 's3', startS3],
  ['Google Cloud Storage', 'gs', startGoogle],
] as const) {
  describe(`a bucket of ${kind}`, () => {
    let server: BucketServer;
    let buckets: Buckets;
    let base: string;

    before(async () => {
      server = await start();
      buckets = createBuckets(server.environment);
      base = await server.makeBucket('promoted');
    });
    after(() => server.stop());

    itKeepsTheContract(() => ({ open: (at) => buckets.open(at), base, records: true }));

    it('lists more files than one answer holds', async () => {
      assert.deepEqual(await namesIn(await buckets.open(server.full.base)), server.full.names);
    });

    it('says that there is none of that name', async () => {
      const bucket = await buckets.open(`${scheme}://nowhere/`);
      await assert.rejects(namesIn(bucket), coded('BucketNotFound', /list (s3|gs):\/\/nowhere\//));
    });
  });
}

describe('an upload to S3 that breaks off', () => {
  let server: BucketServer;

  before(async () => {
    server = await startS3();
  });
  after(() => server.stop());

  it('leaves no parts behind', async () => {
    const base = await server.makeBucket('parts');
    const bucket = await createBuckets(server.environment).open(base);
    const content = contentOf(Buffer.alloc(20 * 1024 * 1024), 'something else');
    await assert.rejects(bucket.write('file', content, 'nothing'), coded('DigestMismatch'));
    const client = await openS3(server.environment);
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'parts' }));
    assert.deepEqual(Uploads, []);
    client.destroy();
  });

  it('says that it may not write with the wrong key', async () => {
    const base = await server.makeBucket('closed');
    for (const keys of [{ AWS_SECRET_ACCESS_KEY: 'wrong' }, { AWS_ACCESS_KEY_ID: '' }]) {
      const bucket = await createBuckets({ ...server.environment, ...keys }).open(base);
      await assert.rejects(
        bucket.write('file', contentOf('x'), 'nothing'),
        coded('BucketDenied', /write s3:\/\/closed/),
      );
    }
  });
});
