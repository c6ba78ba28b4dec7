import assert from 'node:assert/strict';
import type { ManifestBundle } from '../../src/manifest/manifest.ts';
import { digestOf, findingsOf, IMAGES, onlyManifest, REGISTRIES, thin } from './sample-bundle.ts';

const A = digestOf('a');
const MANIFEST = 'manifests/p/promoter-manifest.yaml';

function tree(...paths: readonly string[]): ManifestBundle {
  const files = paths.map((path) => ({ path, text: path.endsWith('/images.yaml') ? IMAGES : REGISTRIES }));
  return { kind: 'thin', files };
}

describe('a thin manifest', () => {
  it('has its registries in one file and its images in another', () => {
    assert.deepEqual(onlyManifest(thin(REGISTRIES), { root: 'k8s' }), {
      file: `k8s/${MANIFEST}`,
      source: 'gcr.io/staging',
      destinations: ['us.gcr.io/prod', 'eu.gcr.io/prod/sub'],
      images: [
        {
          name: 'apple',
          digests: [{ digest: A, tags: ['1.0'], line: 3 }],
          file: 'k8s/images/p/images.yaml',
          line: 1,
        },
      ],
    });
  });

  it('may have no images', () => {
    for (const images of ['', '[]', '# none yet\n']) {
      assert.deepEqual(onlyManifest(thin(REGISTRIES, images)).images, []);
    }
  });

  it('may have the deprecated imagesPath, with a warning', () => {
    const { problems, warnings } = findingsOf(thin(`${REGISTRIES}imagesPath: ../../anything\n`));
    assert.deepEqual(problems, []);
    assert.deepEqual(warnings, [
      `${MANIFEST}:6: 'imagesPath' is deprecated and unused: images are in images/p/images.yaml`,
    ]);
  });

  const shapes: readonly (readonly [string, ManifestBundle, string])[] = [
    [
      'an unknown field',
      thin(`${REGISTRIES}image: []`),
      `${MANIFEST}:6: unmarshalling thin manifest YAML: field image not found in type thin manifest`,
    ],
    [
      'images of its own',
      thin(`${REGISTRIES}images: []`),
      `${MANIFEST}:6: unmarshalling thin manifest YAML: field images not found in type thin manifest: thin manifests have their images in images/<project>/images.yaml`,
    ],
    [
      'a field twice',
      thin(`${REGISTRIES}registries: []`),
      `${MANIFEST}:6: unmarshalling thin manifest YAML: key "registries" already set in map`,
    ],
    [
      'registries of the wrong type',
      thin('registries: gcr.io/a'),
      `${MANIFEST}:1: unmarshalling thin manifest YAML: cannot unmarshal \`gcr.io/a\` into list`,
    ],
    [
      'an unknown field of an image',
      thin(REGISTRIES, `${IMAGES}  tags: []`),
      'images/p/images.yaml:4: unmarshalling images YAML: field tags not found in type image',
    ],
    [
      'a digest twice',
      thin(REGISTRIES, `${IMAGES}    "${A}": []`),
      `images/p/images.yaml:4: unmarshalling images YAML: key "${A}" already set in map`,
    ],
    [
      'images that are a mapping',
      thin(REGISTRIES, 'images: []'),
      'images/p/images.yaml:1: unmarshalling images YAML: cannot unmarshal !!map into list',
    ],
    [
      'no source',
      thin('registries:\n- name: gcr.io/a'),
      `${MANIFEST}:1: getting source registry: could not find source registry`,
    ],
    ['no registries', thin(''), `${MANIFEST}:1: getting source registry: could not find source registry`],
  ];
  for (const [what, bundle, problem] of shapes) {
    it(`is refused with ${what}, lenient or not`, () => {
      assert.deepEqual(findingsOf(bundle).problems, [problem]);
      assert.deepEqual(findingsOf(bundle, { lenient: true }).problems, [problem]);
    });
  }

  const twoSources = 'registries:\n- {name: gcr.io/a, src: true}\n- {name: gcr.io/b, src: true}\n- {name: gcr.io/c}\n';
  const rules: readonly (readonly [string, ManifestBundle, string])[] = [
    ['two sources', thin(twoSources), `${MANIFEST}:3: cannot have more than 1 source registry`],
    [
      'a registry without name',
      thin(`${REGISTRIES}- src: false`),
      `${MANIFEST}:6: registries: 'name' field cannot be empty`,
    ],
    [
      'an image without name',
      thin(REGISTRIES, `- dmap: {"${A}": []}`),
      "images/p/images.yaml:1: images: 'name' field cannot be empty",
    ],
    ['an empty dmap', thin(REGISTRIES, '- name: a'), "images/p/images.yaml:1: images: 'dmap' field cannot be empty"],
    [
      'a malformed digest',
      thin(REGISTRIES, IMAGES.replace(A, 'sha256:aa')),
      'images/p/images.yaml:3: invalid digest: sha256:aa',
    ],
    ['a malformed tag', thin(REGISTRIES, IMAGES.replace('1.0', '+1')), 'images/p/images.yaml:3: invalid tag: +1'],
  ];
  for (const [what, bundle, finding] of rules) {
    it(`is refused with ${what}, which is a warning in lenient mode`, () => {
      assert.deepEqual(findingsOf(bundle).problems, [finding]);
      const { manifests, problems, warnings } = findingsOf(bundle, { lenient: true });
      assert.deepEqual(problems, []);
      assert.deepEqual(warnings, [finding]);
      assert.equal(manifests.length, 1);
    });
  }

  it('has its first source for source in lenient mode, and the others for destinations', () => {
    const { source, destinations } = onlyManifest(thin(twoSources), { lenient: true });
    assert.deepEqual([source, ...destinations], ['gcr.io/a', 'gcr.io/b', 'gcr.io/c']);
  });

  it('leaves out in lenient mode what cannot be promoted, and never promotes by digest what has a wrong tag', () => {
    const images = `- name: a
  dmap:
    "sha256:short": ["1"]
    "${digestOf('b')}": ["ok", "-"]
    "${digestOf('c')}": ["-"]
    "${digestOf('d')}": []
`;
    const { images: kept } = onlyManifest(thin(REGISTRIES, images), { lenient: true });
    assert.deepEqual(kept[0]?.digests, [
      { digest: digestOf('b'), tags: ['ok'], line: 4 },
      { digest: digestOf('d'), tags: [], line: 6 },
    ]);
  });

  it('never takes names that lead elsewhere, lenient or not', () => {
    for (const lenient of [false, true]) {
      const names = findingsOf(thin(`${REGISTRIES}- name: gcr.io/../x`, IMAGES.replace('apple', '../a')), { lenient });
      assert.deepEqual(
        names.problems.map((problem) => problem.split(':').slice(0, 3).join(':')),
        ['images/p/images.yaml:1: images', `${MANIFEST}:6: registries`],
      );
    }
  });
});

describe('a thin directory', () => {
  it('is all of its manifests, whose problems are reported together', () => {
    const bundle = tree('manifests/a/promoter-manifest.yaml', 'images/a/images.yaml');
    const broken = thin('registries: 1', '- name: A');
    const { manifests, problems } = findingsOf({ kind: 'thin', files: [...bundle.files, ...broken.files] });
    assert.deepEqual(
      manifests.map(({ file }) => file),
      ['manifests/a/promoter-manifest.yaml'],
    );
    assert.deepEqual(
      problems.map((problem) => problem.slice(0, 50)),
      [
        "images/p/images.yaml:1: images: 'A' cannot be the name of an image",
        "images/p/images.yaml:1: images: 'dmap' field cannot be empty",
        `${MANIFEST}:1: unmarshalling thin manifest YAML`,
      ].map((problem) => problem.slice(0, 50)),
    );
  });

  it('may have overlapping sources, and several paths in one registry', () => {
    const other = REGISTRIES.replace('gcr.io/prod/sub', 'gcr.io/prod/other');
    const files = ['a', 'b'].flatMap((project) => [
      { path: `manifests/${project}/promoter-manifest.yaml`, text: project === 'a' ? REGISTRIES : other },
      { path: `images/${project}/images.yaml`, text: IMAGES },
    ]);
    const { manifests, problems, warnings } = findingsOf({ kind: 'thin', files });
    assert.deepEqual([problems, warnings], [[], []]);
    assert.deepEqual(
      manifests.map(({ source, destinations }) => [source, ...destinations]),
      [
        ['gcr.io/staging', 'us.gcr.io/prod', 'eu.gcr.io/prod/sub'],
        ['gcr.io/staging', 'us.gcr.io/prod', 'eu.gcr.io/prod/other'],
      ],
    );
  });

  it('must have images for each manifest', () => {
    assert.deepEqual(findingsOf(tree(MANIFEST), { root: '/k8s' }).problems, [
      `/k8s/${MANIFEST}: corresponding file "/k8s/images/p/images.yaml" does not exist`,
    ]);
  });

  for (const path of ['manifests/promoter-manifest.yaml', 'manifests/a/b/promoter-manifest.yaml']) {
    it(`cannot have its manifest at ${path}`, () => {
      assert.deepEqual(findingsOf(tree(path), { root: 'foo/' }).problems, [
        `foo/${path}: unexpected manifest path "foo/${path}"`,
      ]);
    });
  }

  it('must have a manifest', () => {
    assert.deepEqual(findingsOf(tree(), { root: 'foo' }).problems, ['foo: no manifests found in dir: foo']);
  });

  it('warns of images that no manifest promotes', () => {
    const { problems, warnings } = findingsOf(tree(MANIFEST, 'images/p/images.yaml', 'images/q/images.yaml'));
    assert.deepEqual(problems, []);
    assert.deepEqual(warnings, [
      'images/q/images.yaml: never promoted: there is no manifests/q/promoter-manifest.yaml',
    ]);
  });
});
