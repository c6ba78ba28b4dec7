import assert from 'node:assert/strict';
import fc from 'fast-check';
import { renderPage } from '../../../src/client/report/page.ts';
import { sampleFacts } from './sample-facts.ts';

/** The markup of a page without its texts and the values of its attributes. */
function skeleton(page: string): readonly string[] {
  return (page.match(/<[^>]*>/g) ?? []).map((tag) => tag.replaceAll(/"[^"]*"/g, '""'));
}

/** Texts that mean something in HTML, in SVG, in attributes, in style, or to those who write escapes by hand. */
const hostile = fc
  .array(
    fc.constantFrom(
      '<script>',
      '</style>',
      '</svg>',
      '"',
      "'",
      '>',
      '<',
      '&lt;',
      '&#x3c;',
      '-->',
      '<!--',
      ']]>',
      '`',
      '${',
      '\\',
      '\0',
      '/',
      ' onload=x ',
      'a',
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

describe('a report page', () => {
  it('has the same markup whatever manifests, registries and messages say', () => {
    // Links are there or not by whether the text makes an address, so that only these may differ.
    const markup = (text: string): readonly string[] =>
      skeleton(renderPage(sampleFacts({ text, edges: 6, hosts: 2 }))).filter((tag) => !/^<\/?a\b/.test(tag));
    const expected = markup('');
    fc.assert(
      fc.property(fc.oneof(hostile, fc.string({ unit: 'binary' })), (text) => assert.deepEqual(markup(text), expected)),
    );
  });

  it('needs nothing from elsewhere and runs nothing', () => {
    const page = renderPage(sampleFacts({ text: '', edges: 6, hosts: 2 }));
    assert.doesNotMatch(page, /<script|<link|<img|<iframe|\bsrc=|url\(|@import|javascript:/i);
    assert.match(page, /<a href="https:\/\/search\.sigstore\.dev\/\?logIndex=0">№ 0<\/a>, № 7/);
  });

  it('stays small with 40,000 edges, and says what it left out', () => {
    const page = renderPage(sampleFacts({ text: '', edges: 40_000, hosts: 20 }));
    assert.ok(page.length < 1_000_000, `${page.length}`);
    assert.match(page, /… and 39,800 more: <code>promoter report --json<\/code>/);
    assert.match(page, /The 12 busiest of 20 hosts are drawn/);
  });

  it('says why and for how long, and what to do', () => {
    const page = renderPage(sampleFacts({ text: '', edges: 6, hosts: 2 }));
    for (const said of [
      'Held: Fulcio answers 500',
      'promoter retry',
      '7 min 19 s',
      'Use a new tag: tags in production do not move.',
    ]) {
      assert.ok(page.includes(said), said);
    }
  });
});
