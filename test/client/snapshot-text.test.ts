import assert from 'node:assert/strict';
import { renderSnapshot, snapshotFormatOf, type Snapshot } from '../../src/client/snapshot-text.ts';
import type { Digest, Tag } from '../../src/reference.ts';
import { digestOf } from '../manifest/sample-bundle.ts';

const [A, B] = ['a', 'b'].map(digestOf) as [Digest, Digest];
const snapshot: Snapshot = new Map([
  ['foo/bar', new Map([[A, []]])],
  ['foo-x', new Map([[A, ['v1' as Tag]]])],
  [
    'foo',
    new Map([
      [B, []],
      [A, ['b' as Tag, 'a' as Tag]],
    ]),
  ],
]);

function rendered(given: Snapshot, format: 'csv' | 'yaml'): string {
  return [...renderSnapshot(given, format)].join('');
}

describe('snapshot as text', () => {
  it('is kpromo’s YAML, in order, with one line end more than lines', () => {
    assert.equal(
      rendered(snapshot, 'yaml'),
      `- name: foo
  dmap:
    "${A}": ["a", "b"]
    "${B}": []
- name: foo-x
  dmap:
    "${A}": ["v1"]
- name: foo/bar
  dmap:
    "${A}": []

`,
    );
  });

  it('is kpromo’s CSV, a line for each tag', () => {
    assert.equal(
      rendered(snapshot, 'csv'),
      `foo@${A},foo:a
foo@${A},foo:b
foo@${B},-
foo-x@${A},foo-x:v1
foo/bar@${A},-

`,
    );
  });

  it('is an empty line when there is nothing', () => {
    assert.equal(rendered(new Map(), 'yaml'), '\n');
    assert.equal(rendered(new Map(), 'csv'), '\n');
  });

  it('takes its formats in whatever case, and no others', () => {
    assert.deepEqual(['YAML', 'Csv', 'json', ''].map(snapshotFormatOf), ['yaml', 'csv', undefined, undefined]);
  });
});
