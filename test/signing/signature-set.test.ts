import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Digest, Tag } from '../../src/reference.ts';
import { hashSignatures, parseAttachmentTag, signatureSetOf } from '../../src/signing/signature-set.ts';

const hex = (letter: string): string => letter.repeat(64);
const digest = (letter: string): Digest => `sha256:${hex(letter)}` as Digest;
const HEX = '0123456789abcdef'.split('');
const SIG = `sha256-${hex('a')}.sig` as Tag;

describe('signature set', () => {
  it('knows cosign’s tags and the list of referrers, and no others', () => {
    assert.deepEqual(parseAttachmentTag(SIG), { subject: digest('a'), kind: 'sig' });
    assert.deepEqual(parseAttachmentTag(`sha256-${hex('a')}.att`)?.kind, 'att');
    assert.deepEqual(parseAttachmentTag(`sha256-${hex('a')}.sbom`)?.kind, 'sbom');
    assert.deepEqual(parseAttachmentTag(`sha256-${hex('a')}`)?.kind, 'referrers');
    for (const tag of [
      'v1',
      `sha256-${hex('A')}.sig`,
      `sha256-${hex('a')}.sigs`,
      `x-sha256-${hex('a')}.sig`,
      'sha256-ab.sig',
    ]) {
      assert.equal(parseAttachmentTag(tag), undefined, tag);
    }
  });

  it('is read off either kind of listing', () => {
    const names = signatureSetOf({ kind: 'names', tags: new Set(['v1' as Tag, SIG]) });
    assert.deepEqual([[...names.tags], names.digests], [[[SIG, undefined]], undefined]);
    const all = signatureSetOf({
      kind: 'digests',
      digests: new Map([
        [digest('a'), ['v1' as Tag]],
        [digest('b'), [SIG]],
        [digest('c'), []],
      ]),
    });
    assert.deepEqual([...all.tags], [[SIG, digest('b')]]);
    assert.deepEqual([...all.untagged], [digest('c')]);
    assert.equal(all.digests?.size, 3);
  });

  it('has a hash that depends on what is attached, and not on order or on other tags', () => {
    const letters = fc.uniqueArray(fc.constantFrom(...HEX), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(letters, fc.constantFrom(...HEX), (subjects, other) => {
        const tags = subjects.map((letter) => [`sha256-${hex(letter)}.sig` as Tag, digest(letter)] as const);
        const hashOf = (entries: readonly (readonly [Tag, Digest])[], scope = ''): string =>
          hashSignatures({ tags: new Map(entries), untagged: new Set([digest(other)]) }, [], scope);
        assert.equal(hashOf(tags), hashOf([...tags].reverse()));
        assert.notEqual(hashOf(tags), hashOf(tags.slice(1)));
        assert.notEqual(hashOf(tags), hashOf(tags, 'somebody else'));
        const [[tag] = [SIG]] = tags;
        const changed = tags.map(([name, found]) => [name, name === tag ? digest('f') : found] as [Tag, Digest]);
        assert.equal(hashOf(tags) === hashOf(changed), tags[0]?.[1] === digest('f'));
      }),
    );
  });
});
