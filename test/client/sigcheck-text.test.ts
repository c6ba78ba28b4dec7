import assert from 'node:assert/strict';
import { findingLines } from '../../src/client/sigcheck-text.ts';
import type { Digest, RepositoryName } from '../../src/reference.ts';
import type { SignatureFinding } from '../../src/workflows/replication-messages.ts';

function finding(state: SignatureFinding['state'], letter: string): SignatureFinding {
  return {
    source: 'a.test/prod/app' as RepositoryName,
    digest: `sha256:${letter.repeat(64)}` as Digest,
    identity: 'images.test/app',
    state,
    missing: state === 'differing' ? [] : ['b.test/prod/app' as RepositoryName],
    differing: state === 'differing' ? ['c.test/prod/app' as RepositoryName] : [],
  };
}

describe('sigcheck', () => {
  const findings = [
    finding('unsigned', 'a'),
    finding('unsigned', 'b'),
    finding('partial', 'c'),
    finding('differing', 'd'),
  ];

  it('prints kpromo’s lines, and does nothing without --confirm', () => {
    const lines = findingLines(findings, { confirm: false, limit: 0 });
    assert.deepEqual(lines, [
      'Fixing 2 unsigned images',
      `(NOOP) signing images.test/app@sha256:${'a'.repeat(64)}`,
      `(NOOP) signing images.test/app@sha256:${'b'.repeat(64)}`,
      'Fixing 1 images with partial signatures',
      `(NOOP) replicating images.test/app@sha256:${'c'.repeat(64)} to b.test/prod/app`,
      'Fixing 1 images with different signatures',
      `(NOOP) replicating images.test/app@sha256:${'d'.repeat(64)} to c.test/prod/app`,
    ]);
  });

  it('says what it cannot mend, and prints no more of each kind than asked for', () => {
    const lines = findingLines(findings, { confirm: true, limit: 1 });
    assert.equal(lines[0], '2 unsigned images: nothing to replicate; a promotion signs them');
    assert.equal(lines.length, 6);
    assert.ok(lines.every((line) => !line.includes('NOOP')));
  });
});
