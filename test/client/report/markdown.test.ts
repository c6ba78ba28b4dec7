import assert from 'node:assert/strict';
import fc from 'fast-check';
import { renderMarkdown } from '../../../src/client/report/markdown.ts';
import { sampleFacts } from './sample-facts.ts';

/** How many cells each line of a table has; `undefined` for other lines. */
function cells(text: string): readonly (number | undefined)[] {
  return text.split('\n').map((line) => (line.startsWith('| ') ? line.split(/(?<!\\)\|/).length : undefined));
}

describe('a report in Markdown', () => {
  it('has the same lines and tables whatever texts say, and mentions nobody', () => {
    const expected = cells(renderMarkdown(sampleFacts({ text: '', edges: 6, hosts: 2 })));
    const text = fc.array(fc.constantFrom('|', '`', '\n', '\r\n', '@octocat', '[x](y)', '<b>', '\\', '#'), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(text, (parts) => {
        const made = renderMarkdown(sampleFacts({ text: parts.join(''), edges: 6, hosts: 2 }));
        assert.deepEqual(cells(made), expected);
        assert.doesNotMatch(made.replaceAll(/`[^`\n]*`/g, '').replaceAll(/<https:[^>]*>/g, ''), /@octocat|<b>/);
      }),
    );
  });

  it('fits a comment', () => {
    assert.ok(renderMarkdown(sampleFacts({ text: '', edges: 40_000, hosts: 40 })).length < 60_000);
  });
});
