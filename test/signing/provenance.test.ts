import assert from 'node:assert/strict';
import { SLSA_PROVENANCE_V02, SLSA_PROVENANCE_V1 } from '../../src/signing/media-types.ts';
import { buildFacts, normalSource } from '../../src/signing/provenance-predicate.ts';
import { decideProvenance, isQuarantined, parseSigner } from '../../src/signing/provenance.ts';
import type { ProvenancePolicy } from '../../src/signing/provenance.ts';
import { decideStaging } from '../../src/signing/staging-signatures.ts';
import type { SignatureVerdict } from '../../src/signing/verdict.ts';
import { SIGNED } from './fixtures/signed.ts';

const POLICY: ProvenancePolicy = { mode: 'require', signers: {} };

function found(changes: Partial<SignatureVerdict>, predicate: unknown = {}): SignatureVerdict {
  const predicateType = changes.predicateType ?? SLSA_PROVENANCE_V1;
  const status = changes.status ?? 'verified';
  return {
    format: 'bundle',
    kind: 'attestation',
    descriptor: { mediaType: 'x', digest: SIGNED.digest, size: 1 },
    reason: 'by somebody',
    log: [],
    predicateType,
    ...(status === 'verified' ? { statement: { version: 'v1', subjects: [], predicateType, predicate } } : {}),
    ...changes,
    status,
  };
}

describe('the decision on provenance', () => {
  const built = {
    buildDefinition: { externalParameters: { source: 'https://github.com/org/repo' } },
    runDetails: { builder: { id: 'https://builder.test/v1' } },
  };

  it('is absent without any, which only require quarantines', () => {
    const decision = decideProvenance([found({ predicateType: 'https://spdx.dev/Document' })], POLICY);
    assert.deepEqual([decision.verdict, decision.rule], ['absent', 'presence']);
    assert.equal(isQuarantined(decision, { mode: 'require' }), true);
    assert.equal(isQuarantined(decision, { mode: 'warn' }), false);
  });

  it('is not made when provenance is off', () => {
    assert.equal(decideProvenance([found({ status: 'invalid' })], { ...POLICY, mode: 'off' }).verdict, 'pass');
  });

  it('is passed by one that meets every rule, whatever else is there', () => {
    const policy: ProvenancePolicy = {
      ...POLICY,
      builders: [{ exactly: 'https://builder.test/v1' }],
      sources: [{ exactly: 'https://github.com/org/repo' }],
    };
    const decision = decideProvenance([found({ status: 'invalid' }), found({}, built)], policy);
    assert.equal(decision.verdict, 'pass');
    assert.equal(isQuarantined(decision, policy), false);
  });

  const rejected: readonly (readonly [string, SignatureVerdict, Partial<ProvenancePolicy>])[] = [
    ['signature', found({ status: 'invalid', reason: 'broken' }), {}],
    ['signature', found({ status: 'unverifiable' }), {}],
    ['signer', found({ status: 'untrusted-identity' }), {}],
    ['builder', found({}, built), { builders: [{ matching: 'https://builder\\.test' }] }],
    ['builder', found({}, {}), { builders: [{ matching: '.*' }] }],
    ['source', found({}, built), { sources: [{ matching: 'https://github\\.com/other/.*' }] }],
  ];
  for (const [rule, attestation, change] of rejected) {
    it(`is a rejection by ${rule} under warn too (${attestation.status})`, () => {
      const decision = decideProvenance([attestation], { ...POLICY, ...change, mode: 'warn' });
      assert.deepEqual([decision.verdict, decision.rule], ['rejected', rule]);
      assert.equal(decision.attestation?.descriptor.digest, SIGNED.digest);
      assert.equal(isQuarantined(decision, { mode: 'warn' }), true);
    });
  }

  it('believes no statement whose signature was not verified, and no signature without a statement', () => {
    const statement = { version: 'v1', subjects: [], predicateType: SLSA_PROVENANCE_V1, predicate: built } as const;
    for (const status of ['invalid', 'unverifiable', 'untrusted-identity'] as const) {
      assert.equal(decideProvenance([found({ status, statement })], POLICY).verdict, 'rejected', status);
    }
    const { statement: _, ...silent } = found({}, built);
    assert.equal(decideProvenance([silent], POLICY).verdict, 'rejected');
  });

  it('takes any of several builders and sources, and says which it found instead', () => {
    const two = [{ exactly: 'https://other.test' }, { exactly: 'https://builder.test/v1' }];
    const repositories = [
      { exactly: 'https://github.com/org/other' },
      { exactly: 'git+https://github.com/org/repo.git' },
    ];
    const decide = (change: Partial<ProvenancePolicy>, predicate: unknown = built) =>
      decideProvenance([found({}, predicate)], { ...POLICY, ...change });
    assert.deepEqual(decide({ builders: two, sources: repositories }).verdict, 'pass');
    assert.equal(decide({ builders: two.slice(0, 1) }).why, 'its builder is https://builder.test/v1');
    assert.equal(decide({ sources: repositories.slice(0, 1) }).why, 'its source is https://github.com/org/repo');
    assert.equal(decide({ builders: two }, {}).why, 'its builder is not named');
    assert.equal(decide({ sources: repositories }, {}).why, 'its source is not named');
  });

  it('does not overlook an attestation that cannot be read', () => {
    const { predicateType: _, ...unreadable } = found({ status: 'invalid' });
    assert.equal(decideProvenance([unreadable], POLICY).verdict, 'rejected');
  });

  it('knows signers as manifests write them', () => {
    assert.deepEqual(parseSigner('sigstore::https://accounts.google.com::a@b'), {
      issuer: { exactly: 'https://accounts.google.com' },
      identity: { exactly: 'a@b' },
    });
    assert.deepEqual(parseSigner('sigstore(regexp)::https://.*::https://github.com/.*').identity, {
      matching: 'https://github.com/.*',
    });
    for (const text of ['', 'sigstore::a', 'key::a::b'])
      assert.throws(() => parseSigner(text), { code: 'ConfigInvalid' });
  });
});

describe('builder and source of a predicate', () => {
  const repository = 'https://github.com/org/repo';
  const sources: readonly (readonly [string, unknown])[] = [
    [SLSA_PROVENANCE_V1, { buildDefinition: { externalParameters: { workflow: { repository } } } }],
    [SLSA_PROVENANCE_V1, { buildDefinition: { externalParameters: { source: { uri: `git+${repository}.git` } } } }],
    [SLSA_PROVENANCE_V1, { buildDefinition: { externalParameters: { buildConfigSource: { repository } } } }],
    [
      SLSA_PROVENANCE_V1,
      { buildDefinition: { resolvedDependencies: [{ uri: `git+${repository}@refs/heads/x` }, { uri: 'evil' }] } },
    ],
    [SLSA_PROVENANCE_V02, { invocation: { configSource: { uri: `git+${repository}@refs/tags/v1` } } }],
    [SLSA_PROVENANCE_V02, { materials: [{ uri: repository }, { uri: 'evil' }] }],
  ];
  for (const [predicateType, predicate] of sources) {
    it(`are found in ${JSON.stringify(predicate)}`, () => {
      const facts = buildFacts({ version: 'v1', subjects: [], predicateType, predicate });
      assert.equal(facts.source, repository);
    });
  }

  it('are nothing in what is no provenance', () => {
    for (const predicate of [undefined, null, 3, [], { runDetails: { builder: { id: 4 } } }]) {
      const facts = buildFacts({ version: 'v1', subjects: [], predicateType: SLSA_PROVENANCE_V1, predicate });
      assert.deepEqual(facts, { builder: undefined, source: undefined });
    }
  });

  it('are written in one way', () => {
    for (const [written, normal] of [
      ['git+https://github.com/a/b.git@refs/tags/v1', 'https://github.com/a/b'],
      ['https://github.com/a/b#main', 'https://github.com/a/b'],
      ['github.com/a/b/', 'https://github.com/a/b'],
      ['ssh://git@github.com/a/b', 'ssh://git@github.com/a/b'],
      ['https://github.com', 'https://github.com'],
    ] as const) {
      assert.equal(normalSource(written), normal);
    }
  });
});

describe('the decision on staging signatures', () => {
  const signature = (status: SignatureVerdict['status']): SignatureVerdict => found({ kind: 'signature', status });
  const policy = { signers: {} };

  it('lets unsigned images pass, unless signatures are required', () => {
    assert.equal(decideStaging([], policy).verdict, 'unsigned');
    assert.equal(decideStaging([found({})], policy).verdict, 'unsigned');
    assert.equal(decideStaging([], { ...policy, requireSignature: true }).verdict, 'quarantined');
  });

  it('needs one accepted signature where there are any', () => {
    assert.equal(decideStaging([signature('invalid'), signature('verified')], policy).verdict, 'verified');
    for (const status of ['invalid', 'untrusted-identity', 'unverifiable'] as const) {
      const { verdict, why } = decideStaging([signature(status)], policy);
      assert.equal(verdict, 'quarantined');
      assert.match(why, new RegExp(status));
    }
  });
});
