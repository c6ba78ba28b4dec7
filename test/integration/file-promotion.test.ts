import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { PromoterError } from '../../src/errors.ts';
import { hashOf } from '../files/bucket-contract.ts';
import { hashesOf, startFileLab, through, type FileLab } from '../support/file-lab.ts';

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
    const request = { attempts: 2 };
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

  it('lets a destination that is not there cost only its own files', async () => {
    const source = await lab.s3.makeBucket('one-sided');
    const good = await lab.google.makeBucket('there');
    await lab.put(source, { file: 'x' });
    const destinations = [good, 'gs://not-there/'];
    const { report } = await lab.promote({ source, destinations, files: hashesOf({ file: 'x' }) });
    assert.deepEqual([report.counts.copied, report.counts.keptBack], [1, 1]);
    assert.equal(report.samples[0]?.reason, 'BucketNotFound');
    await assert.rejects(
      lab.promote({ source, destinations: ['gs://not-there/'], files: hashesOf({ file: 'x' }) }),
      (error: Error) => /no such bucket|not-there/i.test(String((error.cause as Error).cause)),
    );
  });
});
