import assert from 'node:assert/strict';
import type { RepositoryName } from '../../src/reference.ts';
import { apiPathOf, originOf } from '../../src/registry/endpoint.ts';
import { endpointRulesBy, limitsBy } from '../../src/registry/host-policy.ts';
import { HOST_PRESETS, presetOf } from '../../src/registry/host-presets.ts';

describe('endpoints', () => {
  const rules = endpointRulesBy(
    [
      { host: 'localhost:5443', tls: true },
      { host: 'old.example', tls: false },
    ],
    ['plain.example:80'],
  );

  it('speak TLS but on this machine, or where a host is named', () => {
    assert.equal(originOf('registry.example', rules), 'https://registry.example');
    assert.equal(originOf('192.168.0.1:5000', rules), 'https://192.168.0.1:5000');
    assert.equal(originOf('localhost:5000', rules), 'http://localhost:5000');
    assert.equal(originOf('127.0.0.2:5000', rules), 'http://127.0.0.2:5000');
    assert.equal(originOf('[::1]:5000', rules), 'http://[::1]:5000');
    assert.equal(originOf('localhost:5443', rules), 'https://localhost:5443');
    assert.equal(originOf('plain.example:80', rules), 'http://plain.example:80');
    assert.equal(originOf('old.example', rules), 'http://old.example');
    assert.equal(originOf('plain.example', rules), 'https://plain.example');
  });

  it('know Docker Hub’s names', () => {
    assert.equal(originOf('docker.io', rules), 'https://registry-1.docker.io');
    assert.equal(apiPathOf('docker.io/alpine' as RepositoryName), 'library/alpine');
    assert.equal(apiPathOf('docker.io/grafana/loki' as RepositoryName), 'grafana/loki');
    assert.equal(apiPathOf('registry.example/alpine' as RepositoryName), 'alpine');
  });
});

describe('host presets', () => {
  it('are found by host name', () => {
    for (const [host, name] of [
      ['us-central1-docker.pkg.dev', 'artifact-registry'],
      ['eu.gcr.io', 'artifact-registry'],
      ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'ecr'],
      ['public.ecr.aws', 'ecr-public'],
      ['ours.azurecr.io', 'acr'],
      ['ghcr.io', 'ghcr'],
      ['docker.io', 'docker-hub'],
      ['registry-1.docker.io', 'docker-hub'],
      ['quay.io', 'quay'],
      ['registry.example:5000', 'distribution'],
      ['gcr.io.evil.example', 'distribution'],
    ] as const) {
      assert.equal(presetOf(host).name, name, host);
    }
    assert.equal(presetOf('registry.example', 'harbor').name, 'harbor');
  });

  it('can be worked with', () => {
    for (const { name, requestsPerSecond, concurrency, documentation } of HOST_PRESETS) {
      assert.ok(requestsPerSecond > 0 && concurrency > 0, name);
      assert.equal(new URL(documentation).protocol, 'https:', name);
    }
  });

  it('give way to policies', () => {
    const limitsOf = limitsBy(
      [
        { host: 'ghcr.io', requestsPerSecond: 3 },
        { host: 'h.example', preset: 'quay' },
      ],
      7,
    );
    assert.equal(limitsOf('ghcr.io').requestsPerSecond, 3);
    assert.equal(limitsOf('quay.io').requestsPerSecond, 7);
    assert.equal(limitsOf('h.example').concurrency, presetOf('quay.io').concurrency);
  });
});
