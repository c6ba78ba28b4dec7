import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { PromoterError } from '../../src/errors.ts';
import { fileReport, type FilePromotionReport } from '../../src/workflows/file-messages.ts';
import { retryPhase, skipPhase } from '../../src/workflows/messages.ts';
import { hashOf } from '../files/bucket-contract.ts';
import { hashesOf, startFileLab, through, type FileLab } from '../support/file-lab.ts';
import { startHttpTap } from '../support/http-tap.ts';
import { replayRuns } from '../support/temporal.ts';
import { waitFor } from '../support/waiting.ts';

describe('promoting files', function () {
  this.timeout(120_000);
  let lab: FileLab;

  before(async () => (lab = await startFileLab()));
  after(() => lab.stop());

  it('brings files from S3 to Google, to a folder and to S3, once', async () => {
    const source = await lab.s3.makeBucket('staging');
    const destinations = [
      `${await lab.google.makeBucket('mirror')}binaries/`,
      await lab.folder(),
      `${await lab.s3.makeBucket('prod')}v/`,
    ];
    const files = { 'v1/tool': randomBytes(9 * 1024 * 1024), 'v1/empty': '', 'v1/a b+é.txt': 'text' };
    await lab.put(source, { ...files, 'not-listed': 'x' });

    const dry = await lab.promote({ source, destinations, files: hashesOf(files), request: { confirm: false } });
    assert.equal(dry.report.outcome, 'dry-run');
    assert.equal(dry.report.counts.missing, 9);
    for (const base of destinations) assert.deepEqual(await lab.contents(base), {});

    const { report, results } = await lab.promote({ source, destinations, files: hashesOf(files) });
    assert.equal(report.outcome, 'done');
    assert.deepEqual([report.counts.copied, report.counts.keptBack, results.length], [9, 0, 9]);
    assert.equal(report.counts.bytes, 3 * (9 * 1024 * 1024 + 4));
    for (const base of destinations) assert.deepEqual(await lab.contents(base), hashesOf(files));

    // What is there already is told from hashes on record; only the folder has to be read.
    let reads: string[] = [];
    const watched = through(lab.buckets, (bucket) => ({
      read: (file, call) => {
        reads = [...reads, bucket.base];
        return bucket.read(file, call);
      },
    }));
    const again = await lab.promote({ source, destinations, files: hashesOf(files), buckets: watched });
    assert.deepEqual([again.report.counts.copied, again.report.counts.present], [0, 9]);
    assert.deepEqual(new Set(reads), new Set([destinations[1]]));
  });

  it('keeps back what is lost, altered or different, and promotes the rest', async () => {
    const source = await lab.s3.makeBucket('uneven');
    const destination = await lab.google.makeBucket('uneven');
    await lab.put(source, { good: 'good', altered: 'altered' });
    await lab.put(destination, { other: 'is this', 'only-here': 'fine' });
    await lab.put(source, { other: 'should be this' });
    const files = {
      good: hashOf('good'),
      altered: hashOf('as reviewed'),
      other: hashOf('should be this'),
      lost: hashOf('lost'),
      'only-here': hashOf('fine'),
    };
    const { report, results } = await lab.promote({ source, destinations: [destination], files });
    assert.equal(report.outcome, 'quarantined');
    const reasons = results.flatMap((result) => (result.kind === 'kept-back' ? [[result.name, result.reason]] : []));
    assert.deepEqual(Object.fromEntries(reasons), { altered: 'DigestMismatch', other: 'differs', lost: 'lost' });
    assert.equal(report.samples.length, 3);
    const { good, other } = await lab.contents(destination);
    assert.deepEqual([good, other], [hashOf('good'), hashOf('is this')]);

    const request = { overwrite: true, skipMissing: true };
    const forced = await lab.promote({ source, destinations: [destination], files, request });
    assert.deepEqual([forced.report.counts.copied, forced.report.counts.skipped], [1, 1]);
    assert.equal((await lab.contents(destination))['other'], hashOf('should be this'));
  });

  it('goes on after faults behind what is done, and keeps back what fails to the end', async () => {
    const source = await lab.s3.makeBucket('shaky');
    const destination = await lab.folder();
    const files = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`file-${index}`, `content ${index}`]));
    await lab.put(source, files);
    const writes = new Map<string, number>();
    const shaky = through(lab.buckets, (bucket) => ({
      write: async (name, ...rest) => {
        const tries = (writes.get(name) ?? 0) + 1;
        writes.set(name, tries);
        if (name === 'file-3' || (name.endsWith('7') && tries === 1)) {
          throw new PromoterError('BucketUnavailable', `could not write ${name}: the bucket is down`);
        }
        await bucket.write(name, ...rest);
      },
    }));
    const request = { attempts: 2, onPhaseFailure: 'fail' } as const;
    const { report } = await lab.promote({
      source,
      destinations: [destination],
      files: hashesOf(files),
      buckets: shaky,
      request,
    });
    assert.deepEqual([report.counts.copied, report.counts.keptBack], [19, 1]);
    assert.match(report.samples[0]?.message ?? '', /file-3: the bucket is down/);
    assert.deepEqual([writes.get('file-1'), writes.get('file-7'), writes.get('file-3')], [1, 2, 2]);
    const { 'file-3': _, ...others } = hashesOf(files);
    assert.deepEqual(await lab.contents(destination), others);
  });

  it('holds what waits for a bucket once the rest has arrived, and goes on with it when told to', async () => {
    const source = await lab.s3.makeBucket('held');
    const destination = await lab.folder();
    const files = { good: 'good', later: 'later' };
    await lab.put(source, files);
    let writes: readonly string[] = [];
    let isDown = true;
    const buckets = through(lab.buckets, (bucket) => ({
      write: async (name, ...rest) => {
        writes = [...writes, name];
        if (isDown && name === 'later') throw new PromoterError('BucketUnavailable', 'the bucket is down');
        await bucket.write(name, ...rest);
      },
    }));
    const held: FilePromotionReport[] = [];
    const steer = async (handle: WorkflowHandle): Promise<void> => {
      await waitFor(async () => {
        const report = await handle.query(fileReport);
        if (report.outcome === 'held') held.push(report);
        return report.outcome === 'held';
      });
      isDown = false;
      await assert.rejects(handle.executeUpdate(skipPhase, { args: [undefined] }));
      await handle.executeUpdate(retryPhase, { args: [undefined] });
    };
    const request = { attempts: 1 };
    const promotion = { source, destinations: [destination], files: hashesOf(files), buckets, request, steer };
    const { report, results } = await lab.promote(promotion);
    assert.match(held[0]?.hold?.reason ?? '', /1 files could not be promoted yet: the bucket is down/);
    assert.deepEqual([report.outcome, report.counts.copied, report.counts.present], ['done', 2, 0]);
    assert.deepEqual(writes.toSorted(), ['good', 'later', 'later']);
    assert.deepEqual(
      results.map(({ kind }) => kind),
      ['copied', 'copied'],
    );
    assert.deepEqual(await lab.contents(destination), hashesOf(files));
  });

  it('lets a destination that is not there cost only its own files', async () => {
    const source = await lab.s3.makeBucket('one-sided');
    const good = await lab.google.makeBucket('there');
    await lab.put(source, { file: 'x' });
    const destinations = [good, 'gs://not-there/'];
    const { report } = await lab.promote({ source, destinations, files: hashesOf({ file: 'x' }) });
    assert.deepEqual([report.counts.copied, report.counts.keptBack], [1, 1]);
    assert.equal(report.samples[0]?.reason, 'BucketNotFound');
    const request = { onPhaseFailure: 'fail' } as const;
    await assert.rejects(
      lab.promote({ source, destinations: ['gs://not-there/'], files: hashesOf({ file: 'x' }), request }),
      (error: Error) => /^plan failed: .*not-there/.test((error.cause as Error).message),
    );
  });

  it('goes on after a worker was killed in the middle of an upload, and uploads nothing twice but that', async function () {
    this.timeout(300_000);
    const [source, destination] = [await lab.s3.makeBucket('before'), await lab.s3.makeBucket('after')];
    const small = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`file-${index + 10}`, `content ${index}`]),
    );
    const files = { ...small, 'file-14-large': randomBytes(20 * 1024 * 1024) };
    await lab.put(source, files);
    const parts = (requests: readonly string[]) => requests.filter((one) => /^PUT .*partNumber=/.test(one));
    const answersAll = { yet: false };
    const tap = await startHttpTap(
      lab.s3.environment['AWS_ENDPOINT_URL_S3'] ?? '',
      (request) => answersAll.yet || !/^PUT .*partNumber=2&/.test(request),
    );
    const environment = { AWS_ENDPOINT_URL_S3: tap.url };
    const putsOf = (name: string) => tap.requests.filter((one) => one.startsWith(`PUT /after/${name}?x-id=PutObject`));
    const queue = 'killed-in-an-upload';
    const handle = await lab.start(
      { source, destinations: [destination], files: hashesOf(files), request: { heartbeat: '3 seconds' } },
      queue,
    );
    const first = await lab.startWorker(queue, environment);
    await waitFor(() => parts(tap.requests).length > 0 && Object.keys(small).every((name) => putsOf(name).length > 0));
    await first.kill();
    const { 'file-14-large': large, ...others } = hashesOf(files);
    const left = await lab.contents(destination);
    assert.equal(left['file-14-large'], undefined);
    for (const [name, hash] of Object.entries(left)) assert.equal(hash, others[name]);

    answersAll.yet = true;
    const second = await lab.startWorker(queue, environment);
    const report = await handle.result();
    await second.stop();
    await tap.close();
    await replayRuns(handle.workflowId);
    assert.deepEqual([report.outcome, report.counts.copied + report.counts.present], ['done', 13]);
    assert.deepEqual(await lab.contents(destination), { ...others, 'file-14-large': large });
    // What was on its way when the worker died may have arrived or not.
    const twice = Object.keys(small).filter((name) => putsOf(name).length > 1);
    assert.ok(twice.length <= 3, twice.join(' '));
    for (const name of twice) assert.ok(!(name in left), name);
    assert.equal(tap.requests.filter((one) => /^POST .*[?&]uploadId=/.test(one)).length, 1);
  });
});
