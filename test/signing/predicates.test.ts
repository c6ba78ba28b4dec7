import assert from 'node:assert/strict';
import { parseRepository } from '../../src/reference.ts';
import { promotionPredicate, verificationSummaryPredicate } from '../../src/signing/predicates.ts';
import { SIGNED } from './fixtures/signed.ts';

const { digest } = SIGNED;

describe('predicates', () => {
  it("a promotion's has kpromo's five fields and the facts of the run", () => {
    const source = parseRepository('gcr.io/k8s-staging-x/app');
    const destination = parseRepository('us-central1-docker.pkg.dev/k8s-artifacts-prod/images/app');
    const mirror = parseRepository('asia-east1-docker.pkg.dev/k8s-artifacts-prod/images/app');
    const predicate = promotionPredicate({
      digest,
      source,
      destination,
      destinations: [destination, mirror],
      identity: 'registry.k8s.io/app',
      tags: ['v1', 'latest'],
      commit: 'c0ffee',
      workflowId: 'w',
      runId: 'r',
      builderId: 'https://builder.test',
      builderVersion: '1.2.3',
      time: '2026-01-01T00:00:00Z',
    });
    assert.deepEqual(predicate, {
      srcRef: `${source}@${digest}`,
      dstRef: `${destination}@${digest}`,
      digest,
      timestamp: '2026-01-01T00:00:00Z',
      builderId: 'https://builder.test',
      identity: 'registry.k8s.io/app',
      tags: ['latest', 'v1'],
      destinations: [mirror, destination],
      manifestCommit: 'c0ffee',
      promoter: { id: 'https://builder.test', version: '1.2.3' },
      job: { workflowId: 'w', runId: 'r' },
    });
  });

  it('a verification summary says what was verified, by which attestations', () => {
    const summary = verificationSummaryPredicate({
      verifierId: 'https://verifier.test',
      verifierVersion: '1',
      time: '2026-01-01T00:00:00Z',
      resourceUri: 'registry.k8s.io/app',
      policyUri: 'https://policy.test',
      inputs: [digest],
      passed: true,
      levels: ['SLSA_BUILD_LEVEL_2'],
    }) as { verificationResult: string; inputAttestations: unknown };
    assert.equal(summary.verificationResult, 'PASSED');
    assert.deepEqual(summary.inputAttestations, [{ digest: { sha256: digest.slice(7) } }]);
  });
});
