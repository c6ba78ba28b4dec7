import assert from 'node:assert/strict';
import { policyOfManifest } from '../../src/signing/manifest-policy.ts';

const FALLBACK = { publicKeys: ['a key'] };
const EMPTY = { mode: 'require', signers: [], builders: [], sources: [], predicateTypes: [] } as const;

describe('the policy of a manifest', () => {
  it('restricts nothing by a list that is empty, and falls back to whom the worker trusts', () => {
    assert.deepEqual(policyOfManifest(EMPTY, FALLBACK), { mode: 'require', signers: FALLBACK });
  });

  it('takes what a manifest names as it is written, never as a pattern', () => {
    const policy = policyOfManifest(
      {
        ...EMPTY,
        signers: [{ issuer: 'https://issuer.test', identity: '.*' }],
        builders: [{ id: 'https://builder.test/.*' }],
        sources: ['https://git.test/.*'],
        predicateTypes: ['https://slsa.dev/provenance/v1'],
      },
      FALLBACK,
    );
    assert.deepEqual(policy, {
      mode: 'require',
      signers: { rules: [{ issuer: { exactly: 'https://issuer.test' }, identity: { exactly: '.*' } }] },
      builders: [{ exactly: 'https://builder.test/.*' }],
      sources: [{ exactly: 'https://git.test/.*' }],
      predicateTypes: ['https://slsa.dev/provenance/v1'],
    });
  });
});
