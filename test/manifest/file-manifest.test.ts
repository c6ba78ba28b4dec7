import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nameProblem } from '../../src/file-address.ts';
import { fileBundleBytes, fileBundleFromBytes } from '../../src/manifest/file-bundle.ts';
import { examineFileBundle, parseFileBundle } from '../../src/manifest/file-manifest-parser.ts';
import { formatProblem } from '../../src/manifest/manifest-error.ts';

const HASH = 'ab'.repeat(32);
const STORES = 'filestores:\n- base: gs://staging/\n  src: true\n- base: s3://prod/binaries\n';
const FILES = `files:\n- name: v1/tool\n  sha256: ${HASH}\n`;

function bundleOf(filestores: string, ...files: readonly string[]) {
  const named = files.map((text, index) => ({ path: `f${index}.yaml`, text }));
  return { projects: [{ filestores: { path: 's.yaml', text: filestores }, files: named }] };
}

function problemsOf(filestores: string, ...files: readonly string[]): readonly string[] {
  return examineFileBundle(bundleOf(filestores, ...files)).problems.map(formatProblem);
}

describe('a file manifest', () => {
  it('is a source, destinations, and the files of all its parts', () => {
    const stores = `${STORES}  service-account: promoter@prod.example\n`;
    const [manifest] = parseFileBundle(bundleOf(stores, FILES, `files:\n- {name: b, sha256: ${HASH.toUpperCase()}}\n`));
    assert.deepEqual(manifest, {
      file: 's.yaml',
      source: { base: 'gs://staging/' },
      destinations: [{ base: 's3://prod/binaries/', serviceAccount: 'promoter@prod.example' }],
      files: [
        { name: 'v1/tool', sha256: HASH, file: 'f0.yaml', line: 2 },
        { name: 'b', sha256: HASH, file: 'f1.yaml', line: 2 },
      ],
    });
  });

  const stores: readonly (readonly [string, string])[] = [
    ['filestores: []', 's.yaml:1: at least one filestore must be specified'],
    ['', 's.yaml:1: at least one filestore must be specified'],
    [`${STORES}- src: false\n`, 's.yaml:5: filestore did not have base set'],
    [`${STORES}- base: ftp://x/\n`, 's.yaml:5: filestore has unsupported scheme in base "ftp://x/"'],
    [`${STORES}- {base: gs://b2, src: true}\n`, 's.yaml:5: found multiple source filestores'],
    ['filestores:\n- base: gs://prod\n', 's.yaml:2: source filestore not found'],
    ['filestores:\n- {base: gs://prod, src: true}\n', 's.yaml:2: no destination filestores found'],
    [`${STORES}- base: gs://staging\n`, 's.yaml:5: filestore gs://staging/ is listed more than once'],
    [`${STORES}files: []\n`, 's.yaml:5: files should not be present in filestore manifest "s.yaml"'],
    [`${STORES}other: 1\n`, 's.yaml:5: unmarshalling file manifest YAML: field other not found in type file manifest'],
  ];
  for (const [text, problem] of stores) {
    it(`is refused: ${problem}`, () => {
      const [first, ...others] = problemsOf(text, FILES);
      assert.ok(first?.startsWith(problem), first);
      assert.deepEqual(others, []);
    });
  }

  const files: readonly (readonly [string, string])[] = [
    ['files: []', 'f0.yaml: at least one file must be specified'],
    [`files:\n- sha256: ${HASH}`, 'f0.yaml:2: name is required for file'],
    ['files:\n- name: a', 'f0.yaml:2: sha256 is required for file'],
    ['files:\n- {name: a, sha256: xyz}', 'f0.yaml:2: sha256 was not valid (not hex): "xyz"'],
    ['files:\n- {name: a, sha256: abcd}', 'f0.yaml:2: sha256 was not valid (bad length): "abcd"'],
    [`files:\n- {name: ../a, sha256: ${HASH}}`, `f0.yaml:2: file name "../a" cannot be used: '.' and '..' are not`],
    [`files:\n- {name: /a, sha256: ${HASH}}`, 'f0.yaml:2: file name "/a" cannot be used: it is absolute'],
    [`${FILES}- {name: v1/tool, sha256: ${HASH}}`, 'f0.yaml:4: file "v1/tool" is listed already at f0.yaml:2'],
    [`${FILES}filestores: []`, 'f0.yaml:4: filestores should not be present in manifest "f0.yaml"'],
  ];
  for (const [text, problem] of files) {
    it(`is refused: ${problem}`, () => {
      const [first, ...others] = problemsOf(STORES, text);
      assert.ok(first?.startsWith(problem), first);
      assert.deepEqual(others, []);
    });
  }

  it('may not list a file twice in two of its parts, or with another hash in another project', () => {
    assert.deepEqual(problemsOf(STORES, FILES, FILES), ['f1.yaml:2: file "v1/tool" is listed already at f0.yaml:2']);
    const [project] = bundleOf(STORES, FILES.replace(/ab/g, 'cd')).projects;
    assert.ok(project);
    const { problems } = examineFileBundle({ projects: [...bundleOf(STORES, FILES).projects, project] });
    const [problem] = problems.map(formatProblem);
    assert.equal(problem, 'f0.yaml:2: s3://prod/binaries/v1/tool is to have another sha256 at f0.yaml:2');
  });

  it('never has a name that leaves its base', () => {
    const name = fc.array(fc.constantFrom('..', '.', 'a', '/', '\\', '\n', 'b c'), { minLength: 1 });
    fc.assert(
      fc.property(name, (parts) => {
        const text = JSON.stringify({ files: [{ name: parts.join(''), sha256: HASH }] });
        const { outcomes } = examineFileBundle(bundleOf(STORES, text));
        for (const file of outcomes[0]?.manifest?.files ?? []) {
          assert.equal(nameProblem(file.name), undefined);
          assert.ok(new URL(file.name, 'gs://bucket/base/').href.startsWith('gs://bucket/base/'));
        }
      }),
    );
  });

  it('never crashes on any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (filestores, files) => {
        const { outcomes, problems } = examineFileBundle(bundleOf(filestores, files));
        assert.ok(outcomes.every(({ manifest }) => manifest !== undefined) || problems.length > 0);
      }),
    );
  });

  it('survives being uploaded', () => {
    const bundle = bundleOf(STORES, FILES);
    assert.deepEqual(fileBundleFromBytes(fileBundleBytes(bundle)), bundle);
    assert.throws(() => fileBundleFromBytes(Buffer.from('{"projects": 1}')), /not a bundle of file manifests/);
  });
});
