import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cut, renderTable, shorten } from '../../src/client/text-table.ts';

const REPOSITORY = 'us-central1-docker.pkg.dev/k8s-artifacts-prod/images/kubernetes/conformance-arm64';

describe('renderTable', () => {
  it('aligns columns and leaves no blanks at the end of a line', () => {
    assert.equal(
      renderTable(
        ['NAME', 'TAG'],
        [
          ['a', 'v1'],
          ['long-name', ''],
        ],
      ),
      'NAME       TAG\na          v1\nlong-name\n',
    );
  });

  it('shortens nothing where there is no width', () => {
    assert.ok(
      renderTable(['SOURCE', 'DESTINATION'], [[REPOSITORY, REPOSITORY]]).includes(`${REPOSITORY}  ${REPOSITORY}`),
    );
  });

  it('shortens the widest columns only, in their middle', () => {
    const [, row = ''] = renderTable(['SOURCE', 'TAG', 'VERDICT'], [[REPOSITORY, 'v1.2.3', 'promote']], 80).split('\n');
    assert.equal(row.length, 80);
    assert.match(row, /^us-central1-docker\.pkg\.dev.*….*conformance-arm64  v1\.2\.3  promote$/);
  });

  for (const width of [80, 200]) {
    it(`never exceeds ${width} columns with five columns`, () => {
      const cell = fc.string({ maxLength: 300, unit: 'grapheme-ascii' });
      fc.assert(
        fc.property(fc.array(fc.tuple(cell, cell, cell, cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
          const lines = renderTable(['SOURCE', 'DIGEST', 'DESTINATION', 'TAG', 'VERDICT'], rows, width).split('\n');
          for (const line of lines) assert.ok(line.length <= width, `${line.length}: ${line}`);
        }),
      );
    });
  }
});

describe('shorten and cut', () => {
  it('keep what fits', () => {
    assert.equal(shorten('abc', 3), 'abc');
    assert.equal(cut('abc', 3), 'abc');
  });

  it('mark what is missing', () => {
    assert.equal(shorten('abcdefghij', 5), 'ab…ij');
    assert.equal(shorten('abcdefghij', 6), 'abc…ij');
    assert.equal(cut('abcdefghij', 5), 'abcd…');
  });

  it('give exactly the width that there is', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 50, unit: 'grapheme-ascii' }),
        fc.integer({ min: 1, max: 49 }),
        (text, width) => {
          assert.equal(shorten(text, width).length, width);
          assert.equal(cut(text, width).length, width);
        },
      ),
    );
  });
});
