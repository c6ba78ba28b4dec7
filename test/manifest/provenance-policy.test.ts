import assert from 'node:assert/strict';
import { findingsOf, onlyManifest, plain, REGISTRIES, thin } from './sample-bundle.ts';

const POLICY = `provenance:
  mode: require
  signers:
  - sigstore::https://accounts.google.com::builder@example.iam.gserviceaccount.com
  builders:
  - https://build.example/simple
  - id: https://build.example/isolated
    level: 3
  sources:
  - github.com/example/apple
  predicateTypes:
  - https://spdx.dev/Document
`;

function problemsOf(policy: string): readonly string[] {
  return findingsOf(plain(`${REGISTRIES}${policy}`)).problems;
}

describe('the provenance policy of a manifest', () => {
  it('is read from plain and thin manifests alike', () => {
    const expected = {
      mode: 'require',
      signers: [{ issuer: 'https://accounts.google.com', identity: 'builder@example.iam.gserviceaccount.com' }],
      builders: [{ id: 'https://build.example/simple' }, { id: 'https://build.example/isolated', level: 3 }],
      sources: ['github.com/example/apple'],
      predicateTypes: ['https://spdx.dev/Document'],
    };
    assert.deepEqual(onlyManifest(plain(`${REGISTRIES}${POLICY}`)).provenance, expected);
    assert.deepEqual(onlyManifest(thin(`${REGISTRIES}${POLICY}`)).provenance, expected);
  });

  it('is off when it says no mode, and absent when it is not written', () => {
    assert.equal(onlyManifest(plain(`${REGISTRIES}provenance: {}`)).provenance?.mode, 'off');
    assert.equal(onlyManifest(plain(`${REGISTRIES}provenance: {mode: off}`)).provenance?.mode, 'off');
    assert.equal('provenance' in onlyManifest(plain(REGISTRIES)), false);
  });

  const refused: readonly (readonly [string, string, string])[] = [
    [
      'an unknown mode',
      POLICY.replace('require', 'strict'),
      '7: mode must be "off", "warn" or "require", got "strict"',
    ],
    [
      'a signer without identity',
      POLICY.replace('::builder@example.iam.gserviceaccount.com', ''),
      '9: invalid signer "sigstore::https://accounts.google.com": write it as sigstore::<issuer>::<identity>',
    ],
    [
      'a builder without id',
      POLICY.replace('- https://build.example/simple', '- level: 1'),
      '11: builder IDs must not be empty',
    ],
    [
      'a level that is none',
      POLICY.replace('level: 3', 'level: 4'),
      '13: builder "https://build.example/isolated" needs a level between 1 and 3, got 4',
    ],
    [
      'a builder twice',
      POLICY.replace('isolated', 'simple'),
      '12: builder "https://build.example/simple" is listed more than once',
    ],
    [
      'a source with a ref',
      POLICY.replace('/apple', '/apple@main'),
      '15: source "github.com/example/apple@main" must not carry a ref',
    ],
    ['an empty source', POLICY.replace('github.com/example/apple', '" "'), '15: sources must not be empty'],
    [
      'an empty predicate type',
      POLICY.replace('https://spdx.dev/Document', '""'),
      '17: predicateTypes must not be empty',
    ],
  ];
  for (const [what, policy, problem] of refused) {
    it(`is refused with ${what}`, () => {
      const [line, message] = [problem.slice(0, problem.indexOf(':')), problem.slice(problem.indexOf(':') + 2)];
      assert.deepEqual(problemsOf(policy), [`m.yaml:${line}: validating provenance policy: provenance: ${message}`]);
    });
  }

  it('must say what it trusts once it is on', () => {
    const prefix = 'm.yaml:6: validating provenance policy: provenance: ';
    assert.deepEqual(problemsOf('provenance: {mode: warn}'), [
      `${prefix}at least one signer is required`,
      `${prefix}at least one builder is required`,
      `${prefix}at least one source is required`,
    ]);
  });

  it('has no fields that are not known', () => {
    assert.deepEqual(problemsOf(`${POLICY}  levels: {}\n`), [
      'm.yaml:18: unmarshalling manifest YAML: field levels not found in type provenance policy',
    ]);
  });
});
