import assert from 'node:assert/strict';
import fc from 'fast-check';
import { formatEdgeName, parseEdgeName } from '../../src/workflows/edge-name.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('the name of an edge', () => {
  it('is read as reports write it, and with what goes there', () => {
    for (const [text, expected] of [
      ['eu.gcr.io/k8s/etcd:3.5', { destination: 'eu.gcr.io/k8s/etcd', tag: '3.5' }],
      ['127.0.0.1:5000/prod/app:v1', { destination: '127.0.0.1:5000/prod/app', tag: 'v1' }],
      [`127.0.0.1:5000/prod/app@${DIGEST}`, { destination: '127.0.0.1:5000/prod/app', digest: DIGEST }],
      [`${DIGEST} → eu.gcr.io/k8s/etcd:3.5`, { digest: DIGEST, destination: 'eu.gcr.io/k8s/etcd', tag: '3.5' }],
      [` ${DIGEST}->eu.gcr.io/k8s/etcd `, { digest: DIGEST, destination: 'eu.gcr.io/k8s/etcd' }],
    ] as const) {
      assert.deepEqual({ ...parseEdgeName(text) }, expected, text);
    }
  });

  it('is none where it names a whole repository, or nothing', () => {
    for (const text of [
      '',
      'etcd:3.5',
      'eu.gcr.io/k8s/etcd',
      '127.0.0.1:5000/prod/app',
      'eu.gcr.io/k8s/etcd:',
      'eu.gcr.io/k8s/etcd@sha256:abc',
      `${DIGEST} → eu.gcr.io/k8s/etcd → x`,
      `${DIGEST} → eu.gcr.io/k8s/etcd@sha256:${'b'.repeat(64)}`,
      '→ eu.gcr.io/k8s/etcd:3.5',
      'eu.gcr.io/K8s/etcd:3.5',
    ]) {
      assert.equal(parseEdgeName(text), undefined, text);
    }
  });

  it('is the same after it was written and read again', () => {
    const host = fc.constantFrom('a.example', '127.0.0.1:5000', 'registry.k8s.io');
    const path = fc.stringMatching(/^[a-z0-9]+(?:\/[a-z0-9]+(?:[._-][a-z0-9]+){0,2}){0,3}$/);
    const tag = fc.stringMatching(/^\w[\w.-]{0,20}$/);
    fc.assert(
      fc.property(host, path, tag, fc.boolean(), fc.boolean(), (host, path, tag, withTag, withDigest) => {
        const name = {
          destination: `${host}/${path}`,
          ...(withTag ? { tag } : {}),
          ...(withDigest || !withTag ? { digest: DIGEST } : {}),
        };
        assert.deepEqual({ ...parseEdgeName(formatEdgeName(name)) }, name);
      }),
    );
  });

  it('is never misread, whatever somebody types', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const name = parseEdgeName(text);
        assert.ok(name === undefined || name.digest !== undefined || name.tag !== undefined);
      }),
    );
  });
});
