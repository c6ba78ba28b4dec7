import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addImages, type ImageAdditions } from '../../src/manifest/image-additions.ts';
import { parse } from 'yaml';
import { digestOf } from './sample-bundle.ts';

type Images = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const [A, B, C] = ['a', 'b', 'c'].map(digestOf) as [string, string, string];

function additions(images: Images): ImageAdditions {
  return new Map(Object.entries(images).map(([name, digests]) => [name, new Map(Object.entries(digests))]));
}

function added(text: string, images: Images): string {
  return addImages(text, additions(images));
}

describe('adding images to images.yaml', () => {
  const text = `# the apples
- name: apple # red
  dmap:
    # first
    "${A}": ["1.0"]
    ${B}: [ '1.2' ]   # green
- name: pear
  dmap:
    '${C}':
    - "2.0" # block
`;

  it('changes no line that is not concerned', () => {
    const digest = digestOf('d');
    assert.equal(
      added(text, {
        apple: { [digest]: ['1.1'], [B]: ['1.2', 'stable'] },
        fig: { [A]: ['7'] },
        pear: { [C]: ['2.1'] },
      }),
      `# the apples
- name: apple # red
  dmap:
    # first
    "${A}": ["1.0"]
    "${digest}": ["1.1"]
    ${B}: [ '1.2', "stable" ]   # green
- name: fig
  dmap:
    "${A}": ["7"]
- name: pear
  dmap:
    '${C}':
    - "2.0" # block
    - "2.1"
`,
    );
  });

  it('leaves the text alone when everything is there', () => {
    assert.equal(added(text, { apple: { [A]: ['1.0'] }, pear: { [C]: ['2.0'] } }), text);
  });

  it('adds to the end where there is no order', () => {
    const unsorted = `- name: pear\n  dmap:\n    "${A}": []\n- name: apple\n  dmap:\n    "${B}": ["2"]\n    "${A}": ["1"]`;
    assert.equal(
      added(unsorted, { apple: { [C]: ['0'] }, fig: { [C]: ['1'] } }),
      `${unsorted}\n    "${C}": ["0"]\n- name: fig\n  dmap:\n    "${C}": ["1"]\n`,
    );
  });

  it('gives tags to a digest that has none', () => {
    for (const empty of ['[]', '[ ]', '', '~']) {
      const list = `- name: app\n  dmap:\n    "${A}": ${empty}\n`;
      if (empty === '~') assert.throws(() => added(list, { app: { [A]: ['1'] } }), { code: 'ManifestInvalid' });
      else assert.deepEqual(parse(added(list, { app: { [A]: ['1'] } })), [{ name: 'app', dmap: { [A]: ['1'] } }]);
    }
  });

  it('begins a list in an empty file, below its comments', () => {
    assert.equal(added('', { app: { [A]: ['1'] } }), `- name: app\n  dmap:\n    "${A}": ["1"]\n`);
    assert.equal(added('# none yet', { app: { [A]: [] } }), `# none yet\n- name: app\n  dmap:\n    "${A}": []\n`);
  });

  it('refuses what it cannot add to', () => {
    for (const wrong of ['{}', 'a: b', '- name: app\n', '- [', `[{name: b, dmap: {"${A}": []}}]`]) {
      assert.throws(() => added(wrong, { app: { [A]: ['1'] } }), { code: 'ManifestInvalid' }, wrong);
    }
  });

  const tags = fc.uniqueArray(fc.constantFrom('1.0', '1.1', 'latest', 'v2'), { maxLength: 4 });
  const images = (minKeys: number) =>
    fc.dictionary(
      fc.constantFrom('apple', 'fig', 'nested/pear'),
      fc.dictionary(fc.constantFrom(A, B, C), tags, { minKeys }),
    );
  const style = fc.record({ indent: fc.constantFrom('', '  '), block: fc.boolean(), comments: fc.boolean() });

  it('gives the union of what was there and what is added, whatever the style', () => {
    fc.assert(
      fc.property(images(1), images(1), style, (there, more, how) => {
        const before = write(there, how);
        const after = added(before, more);
        assert.deepEqual(read(after), union(there, more));
        const kept = new Set(after.split('\n'));
        for (const line of before.split('\n').filter((line) => !line.includes('['))) assert.ok(kept.has(line), line);
      }),
    );
  });
});

function write(
  images: Images,
  { indent, block, comments }: { indent: string; block: boolean; comments: boolean },
): string {
  const remark = comments ? ' # remark' : '';
  return Object.entries(images)
    .map(([name, digests]) => {
      const lines = Object.entries(digests).map(([digest, tags]) => {
        if (!block || tags.length === 0)
          return `${indent}    "${digest}": [${tags.map((tag) => `'${tag}'`).join(',')}]${remark}\n`;
        return `${indent}    ${digest}:${remark}\n${tags.map((tag) => `${indent}    - "${tag}"${remark}\n`).join('')}`;
      });
      return `${indent}- name: ${name}${remark}\n${indent}  dmap:\n${lines.join('')}`;
    })
    .join(comments ? '\n# between\n' : '');
}

function read(text: string): unknown {
  const list = (parse(text) ?? []) as readonly { name: string; dmap: Record<string, string[]> }[];
  return Object.fromEntries(list.map(({ name, dmap }) => [name, sorted(dmap)]));
}

function union(a: Images, b: Images): unknown {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries(
    [...names].map((name) => {
      const digests = new Set([...Object.keys(a[name] ?? {}), ...Object.keys(b[name] ?? {})]);
      const merged = [...digests].map((digest) => [
        digest,
        [...new Set([...(a[name]?.[digest] ?? []), ...(b[name]?.[digest] ?? [])])],
      ]);
      return [name, sorted(Object.fromEntries(merged) as Record<string, string[]>)];
    }),
  );
}

function sorted(dmap: Readonly<Record<string, readonly string[]>>): unknown {
  return Object.fromEntries(Object.entries(dmap).map(([digest, tags]) => [digest, tags.toSorted()]));
}
