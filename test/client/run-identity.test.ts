import assert from 'node:assert/strict';
import fc from 'fast-check';
import { dryRunId, promotionId, requestIdentity } from '../../src/client/run-identity.ts';
import type { PromotionRequest } from '../../src/workflows/promotion-request.ts';

const REQUEST = { manifests: `sha256:${'a'.repeat(64)}`, confirm: true } satisfies PromotionRequest;

describe('promotionId', () => {
  it('is readable: the first host, how many more, and what tells it from others', () => {
    assert.match(promotionId(['b.example/x', 'a.example/y', 'c.example/z']), /^promotion\/a\.example\+2-[0-9a-f]{8}$/);
    assert.match(promotionId(['127.0.0.1:5001/x']), /^promotion\/127\.0\.0\.1:5001-[0-9a-f]{8}$/);
  });

  it('depends on the set of destinations alone', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.domain(), { minLength: 1 }), fc.nat(), (hosts, seed) => {
        const shuffled = hosts.map((host, at) => ({ host, at: (at * 7919 + seed) % 101 })).sort((a, b) => a.at - b.at);
        const again = [...shuffled, ...shuffled.slice(0, 2)].map(({ host }) => host);
        assert.equal(promotionId(again), promotionId(hosts));
      }),
    );
  });

  it('tells destinations on the same hosts apart', () => {
    assert.notEqual(promotionId(['a.example/x', 'b.example/x']), promotionId(['a.example/x', 'b.example/y']));
    assert.notEqual(promotionId(['a.example/x']), promotionId(['a.example']));
  });
});

describe('requestIdentity', () => {
  it('is the same for requests that would do the same', () => {
    const spelledOut = { ...REQUEST, strict: false, lenient: false, sign: true };
    assert.equal(requestIdentity(spelledOut), requestIdentity(REQUEST));
    const otherwiseRetried: PromotionRequest = {
      ...REQUEST,
      onPhaseFailure: 'fail',
      holdTimeout: '1 hour',
      commit: 'abc',
    };
    assert.equal(requestIdentity(otherwiseRetried), requestIdentity(REQUEST));
  });

  it('differs for whatever changes the outcome', () => {
    const changes: readonly Partial<PromotionRequest>[] = [
      { manifests: `sha256:${'b'.repeat(64)}` },
      { confirm: false },
      { strict: true },
      { lenient: true },
      { sign: false },
      { only: `sha256:${'c'.repeat(64)}` },
    ];
    const identities = changes.map((change) => requestIdentity({ ...REQUEST, ...change }));
    assert.equal(new Set([requestIdentity(REQUEST), ...identities]).size, changes.length + 1);
  });
});

describe('dryRunId', () => {
  it('is one for each different request', () => {
    const request = { manifests: REQUEST.manifests };
    assert.match(dryRunId(request), /^dry-run\/[0-9a-f]{16}$/);
    assert.equal(dryRunId({ ...request, confirm: false }), dryRunId(request));
    assert.notEqual(dryRunId({ ...request, strict: true }), dryRunId(request));
  });
});
