import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nameProblem, parseBase } from '../src/file-address.ts';
import { coded } from './files/bucket-contract.ts';

describe('the address of a bucket', () => {
  it('is taken apart', () => {
    assert.deepEqual(parseBase('gs://k8s-artifacts-prod/binaries/kops/'), {
      scheme: 'gs',
      bucket: 'k8s-artifacts-prod',
      prefix: 'binaries/kops/',
      base: 'gs://k8s-artifacts-prod/binaries/kops/',
    });
    assert.equal(parseBase('s3://bucket').base, 's3://bucket/');
    assert.equal(parseBase('s3://bucket').prefix, '');
    assert.equal(parseBase('gs://bucket/a').prefix, 'a/');
    assert.equal(parseBase('file:///srv/a%20b').bucket, '/srv/a b/');
  });

  it('is refused with what is wrong', () => {
    for (const base of ['https://bucket/', 'bucket', '', 'S3://bucket', 'gcs://bucket/']) {
      assert.throws(() => parseBase(base), coded('UsageInvalid', /unsupported scheme in base/));
    }
    for (const base of ['gs://', 's3:///a', 'gs://UPPER/', 'gs://bucket/../other/', 'gs://bucket//a/', 'gs://b u/']) {
      assert.throws(() => parseBase(base), coded('UsageInvalid', /cannot be used/));
    }
    assert.throws(() => parseBase('file://host/folder'), coded('UsageInvalid', /cannot be used/));
  });

  it('gives every name below it a place of its own below it', () => {
    const part = fc.string({ minLength: 1, unit: 'grapheme' });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const name = parts.join('/');
        fc.pre(nameProblem(name) === undefined);
        const url = new URL(name.split('/').map(encodeURIComponent).join('/'), 'file:///base/');
        assert.equal(decodeURIComponent(url.pathname), `/base/${name}`);
      }),
    );
  });
});
