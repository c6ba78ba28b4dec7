import assert from 'node:assert/strict';
import { PromoterError } from '../../src/errors.ts';
import { bundleBytes, bundleFromBytes, parseBundle } from '../../src/manifest/bundle.ts';
import { ManifestError } from '../../src/manifest/manifest-error.ts';
import { plain, REGISTRIES, thin } from './sample-bundle.ts';

describe('a bundle of manifests', () => {
  it('is parsed, or refused with every problem in one error', () => {
    assert.equal(parseBundle(thin(REGISTRIES)).manifests.length, 1);
    assert.throws(
      () => parseBundle(plain('registries:\n- nam: a\n- naam: b\n')),
      (thrown) => {
        assert.ok(thrown instanceof ManifestError);
        assert.equal(thrown.code, 'ManifestInvalid');
        assert.deepEqual(
          thrown.problems.map(({ file, line }) => [file, line]),
          [
            ['m.yaml', 2],
            ['m.yaml', 3],
          ],
        );
        assert.equal(
          thrown.message,
          'm.yaml:2: unmarshalling manifest YAML: field nam not found in type registry\n' +
            'm.yaml:3: unmarshalling manifest YAML: field naam not found in type registry',
        );
        return true;
      },
    );
  });

  it('has the same bytes in whatever order its files were read', () => {
    const bundle = thin(REGISTRIES);
    const reversed = { files: bundle.files.toReversed().map(({ path, text }) => ({ text, path })), kind: bundle.kind };
    assert.deepEqual(bundleBytes(reversed), bundleBytes(bundle));
  });

  it('comes back from its bytes', () => {
    const bundle = plain('# ümlaut \u2028 "quoted"\n');
    assert.deepEqual(bundleFromBytes(bundleBytes(bundle)), bundle);
  });

  const refused: readonly (readonly [string, string | Uint8Array])[] = [
    ['no JSON', '{'],
    ['another shape', '[]'],
    ['another kind', '{"files":[],"kind":"thick"}'],
    ['unknown fields', '{"files":[],"kind":"thin","version":2}'],
    ['files without text', '{"files":[{"path":"a"}],"kind":"thin"}'],
    ['a path twice', '{"files":[{"path":"a","text":""},{"path":"a","text":"b"}],"kind":"thin"}'],
    ['bytes that are not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
    ...['/a', '../a', '..', 'a/../../b', 'a//b', './a', '', 'a\\b'].map(
      (path) => [`the path '${path}'`, JSON.stringify({ files: [{ path, text: '' }], kind: 'thin' })] as const,
    ),
  ];
  for (const [what, bytes] of refused) {
    it(`cannot come from ${what}`, () => {
      assert.throws(
        () => bundleFromBytes(Buffer.from(bytes)),
        (thrown) => thrown instanceof PromoterError && thrown.code === 'RequestInvalid',
      );
    });
  }
});
