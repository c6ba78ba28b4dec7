import assert from 'node:assert/strict';
import { parseSigningConfig, readSigningConfig, selectServices } from '../../src/signing/signing-config.ts';

const NOW = new Date('2026-06-01T00:00:00Z');

function service(url: string, majorApiVersion: number, start: string, more: object = {}): object {
  return { url, majorApiVersion, validFor: { start }, operator: 'one.test', ...more };
}

function config(changes: object = {}) {
  const text = JSON.stringify({
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service('https://fulcio.test', 1, '2020-01-01T00:00:00Z')],
    rekorTlogUrls: [
      service('https://old.rekor.test', 1, '2020-01-01T00:00:00Z'),
      service('https://rekor.test', 1, '2025-01-01T00:00:00Z'),
      service('https://tiles.rekor.test', 2, '2025-06-01T00:00:00Z'),
    ],
    rekorTlogConfig: { selector: 'ANY' },
    tsaUrls: [service('https://tsa.test/api', 1, '2020-01-01T00:00:00Z')],
    tsaConfig: { selector: 'ANY' },
    ...changes,
  });
  return parseSigningConfig(text, 'a test');
}

describe('the services that a signing config offers', () => {
  it('are the newest, with Rekor v1 before v2', () => {
    assert.deepEqual(selectServices(config(), NOW), {
      fulcioUrl: 'https://fulcio.test',
      log: { version: 1, urls: ['https://rekor.test'] },
      timestampUrls: ['https://tsa.test/api'],
    });
  });

  it('do not include what is over or has not begun', () => {
    const over = { validFor: { start: '2020-01-01T00:00:00Z', end: '2026-01-01T00:00:00Z' } };
    const rekorTlogUrls = [
      service('https://over.test', 1, '', over),
      service('https://later.test', 1, '2027-01-01T00:00:00Z'),
      service('https://tiles.test', 2, '2025-01-01T00:00:00Z'),
    ];
    assert.deepEqual(selectServices(config({ rekorTlogUrls }), NOW).log, { version: 2, urls: ['https://tiles.test'] });
  });

  it('include what begins or ends at this moment, and what says neither', () => {
    const at = NOW.toISOString();
    for (const validFor of [{ start: at }, { end: at }, { start: at, end: at }, undefined]) {
      const rekorTlogUrls = [service('https://rekor.test', 1, '', { validFor })];
      assert.deepEqual(selectServices(config({ rekorTlogUrls }), NOW).log.urls, ['https://rekor.test']);
    }
  });

  it('need neither a certificate authority nor, with Rekor v1, a timestamp authority', () => {
    assert.deepEqual(selectServices(config({ caUrls: [], tsaUrls: [] }), NOW), {
      log: { version: 1, urls: ['https://rekor.test'] },
      timestampUrls: [],
    });
  });

  it('are as many as the selector says, one of each operator', () => {
    const tsaUrls = ['a', 'b', 'b', 'c'].map((operator, index) =>
      service(`https://tsa-${operator}${index}.test`, 1, '2025-01-01T00:00:00Z', { operator }),
    );
    const urls = (tsaConfig: object) => selectServices(config({ tsaUrls, tsaConfig }), NOW).timestampUrls;
    assert.deepEqual(urls({ selector: 'ALL' }), ['https://tsa-a0.test', 'https://tsa-b1.test', 'https://tsa-c3.test']);
    assert.deepEqual(urls({ selector: 'EXACT', count: 2 }), ['https://tsa-a0.test', 'https://tsa-b1.test']);
    assert.throws(() => urls({ selector: 'EXACT', count: 4 }), {
      code: 'ConfigInvalid',
      message: 'the signing config wants 4 timestamp authorities, but offers fewer',
    });
    assert.equal(urls({ selector: 'EXACT', count: 3 }).length, 3);
  });

  it('have to include a log, and a timestamp authority beside Rekor v2', () => {
    assert.throws(() => selectServices(config({ rekorTlogUrls: [] }), NOW), {
      code: 'ConfigInvalid',
      message: 'the signing config offers no Rekor log of today',
    });
    const onlyV2 = { rekorTlogUrls: [service('https://tiles.test', 2, '2025-01-01T00:00:00Z')], tsaUrls: [] };
    assert.throws(() => selectServices(config(onlyV2), NOW), {
      code: 'ConfigInvalid',
      message: 'the signing config offers a Rekor v2 log without a timestamp authority',
    });
  });

  it('cannot be read from anything else', async () => {
    for (const text of ['', '{}', '[]', '{"mediaType":"application/vnd.dev.sigstore.signingconfig.v0.1+json"}']) {
      assert.throws(() => parseSigningConfig(text, 'a test'), { code: 'ConfigInvalid', message: /a test/ });
    }
    await assert.rejects(readSigningConfig('/does/not/exist'), {
      code: 'ConfigInvalid',
      message: /\/does\/not\/exist/,
    });
  });
});
