import assert from 'node:assert/strict';
import fc from 'fast-check';
import { html, linked, webAddress } from '../../../src/client/report/html.ts';

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function unescaped(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name] ?? '');
}

describe('a template of HTML', () => {
  it('keeps every text text, and says it as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const made = html`<p title="${text}">${text}</p>`.html;
        const [, attribute = '', content = ''] = /^<p title="([^"]*)">([^<]*)<\/p>$/.exec(made) ?? [];
        assert.equal(attribute, content);
        assert.equal(content.replaceAll('&', '').search(/[<>"']/), -1);
        assert.equal(unescaped(content).length, text.length);
      }),
    );
  });

  it('takes pieces and lists of pieces as they are, and nothing for nothing', () => {
    const items = ['a', 'b<'].map((item) => html`<li>${item}</li>`);
    assert.equal(html`<b>${items}${undefined}${1}</b>`.html, '<b><li>a</li><li>b&lt;</li>1</b>');
  });

  it('shows what would turn a name around', () => {
    assert.equal(html`<b>${'a\u{202E}b\u{0}c'}</b>`.html, '<b>a�b�c</b>');
  });

  it('links to addresses of the web alone', () => {
    assert.equal(
      linked('here', 'https://log.example/?a=1&b="2').html,
      '<a href="https://log.example/?a=1&amp;b=&quot;2">here</a>',
    );
    for (const address of [
      'javascript:alert(1)',
      'data:text/html,x',
      ' javascript:alert(1)',
      'java\nscript:alert(1)',
      '/etc',
      undefined,
    ]) {
      assert.equal(webAddress(address), undefined);
      assert.equal(linked('here', address).html, 'here');
    }
  });
});
