import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nextPage, parseLinks } from '../../src/registry/link.ts';

const PAGE = new URL('https://registry.example/v2/app/tags/list?n=2');

describe('Link header', () => {
  it('finds the next page as registries write it', () => {
    assert.equal(
      String(nextPage('</v2/app/tags/list?last=b&n=2>; rel="next"', PAGE)),
      'https://registry.example/v2/app/tags/list?last=b&n=2',
    );
    assert.equal(String(nextPage('<?last=c>;rel=next', PAGE)), 'https://registry.example/v2/app/tags/list?last=c');
  });

  it('finds it among others, whatever their parameters', () => {
    const header = '</first,a>; title="a, b; c"; rel="first", </x>; REL="prev NEXT"; type=text, </y>; rel=next';
    assert.equal(String(nextPage(header, PAGE)), 'https://registry.example/x');
  });

  it('does not follow to another origin', () => {
    assert.equal(nextPage('<https://evil.example/v2/app/tags/list>; rel="next"', PAGE), 'elsewhere');
    assert.equal(nextPage('<http://registry.example/v2/app/tags/list>; rel="next"', PAGE), 'elsewhere');
  });

  it('is the last page without a usable link', () => {
    for (const header of [undefined, '', 'nonsense', '</x>; rel=prev', '</x>', '<http://[>; rel=next']) {
      assert.equal(nextPage(header, PAGE), undefined, header);
    }
  });

  it('heeds only the first rel of a link', () => {
    assert.deepEqual(parseLinks('</x>; rel=prev; rel=next'), [{ target: '/x', relations: ['prev'] }]);
  });

  it('reads back what it is made of', () => {
    const target = fc.webUrl({ withQueryParameters: true }).filter((url) => !/[<>]/.test(url));
    const relations = fc.array(fc.constantFrom('next', 'prev', 'first', 'last'), { minLength: 1 });
    fc.assert(
      fc.property(
        fc.array(fc.record({ target, relations }, { noNullPrototype: true })),
        fc.boolean(),
        (links, spaced) => {
          const header = links
            .map(({ target, relations }) => `<${target}>;${spaced ? ' ' : ''}rel="${relations.join(' ')}"`)
            .join(spaced ? ' , ' : ',');
          assert.deepEqual(parseLinks(header), links);
        },
      ),
    );
  });

  it('takes no longer for a header that is made to take long', function () {
    this.timeout('5s');
    for (const piece of ['<', '<a>', '<a>,', ';', ' ; ', '; rel', '; rel="', '\\"', '; a=b', ' ']) {
      // As much as a header may have by far.
      assert.ok(Array.isArray(parseLinks(`</x>${piece.repeat(16 * 1024)}`)), piece);
    }
  });

  it('survives anything', () => {
    fc.assert(fc.property(fc.string(), (header) => assert.ok(Array.isArray(parseLinks(header)))));
    fc.assert(fc.property(fc.string(), (rest) => assert.ok(parseLinks(`</x>; rel="next"${rest}`).length > 0)));
  });
});
