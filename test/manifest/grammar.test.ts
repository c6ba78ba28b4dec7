import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseBundle } from '../../src/manifest/bundle.ts';
import { ManifestError } from '../../src/manifest/manifest-error.ts';
import type { Manifest } from '../../src/manifest/manifest.ts';
import { IMAGES, plain, REGISTRIES, thin } from './sample-bundle.ts';

interface WrittenImage {
  readonly name: string;
  readonly digests: readonly { readonly digest: string; readonly tags: readonly string[] }[];
}

interface WrittenManifest {
  readonly source: string;
  readonly destinations: readonly string[];
  readonly images: readonly WrittenImage[];
}

/** How it is written, which must not matter. */
interface Style {
  readonly quote: '' | '"' | "'";
  readonly flowTags: boolean;
  readonly flowRegistries: boolean;
  readonly indent: '' | '  ';
  readonly sourceLast: boolean;
}

const component = fc.stringMatching(/^[a-z0-9]{1,8}(?:[-_.][a-z0-9]{1,4})?$/);
const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`);
// Words that YAML reads as null cannot be tags unless they are quoted.
const tag = fc.stringMatching(/^\w[\w.-]{0,20}$/).filter((text) => !/^null$/i.test(text));
const registry = fc.array(component, { minLength: 1, maxLength: 3 }).map((path) => ['host.example', ...path].join('/'));

const image: fc.Arbitrary<WrittenImage> = fc.record({
  name: fc.array(component, { minLength: 1, maxLength: 3 }).map((path) => path.join('/')),
  digests: fc.uniqueArray(fc.record({ digest, tags: fc.array(tag, { maxLength: 3 }) }), {
    selector: (entry) => entry.digest,
    minLength: 1,
    maxLength: 4,
  }),
});

const manifest: fc.Arbitrary<WrittenManifest> = fc.record({
  source: registry,
  destinations: fc.array(registry, { maxLength: 3 }),
  images: fc.array(image, { maxLength: 4 }),
});

const style: fc.Arbitrary<Style> = fc.record({
  quote: fc.constantFrom('' as const, '"' as const, "'" as const),
  flowTags: fc.boolean(),
  flowRegistries: fc.boolean(),
  indent: fc.constantFrom('' as const, '  ' as const),
  sourceLast: fc.boolean(),
});

function oneOf(characters: string): fc.Arbitrary<string> {
  return fc.constantFrom(...characters.split(''));
}

function writeRegistries(
  { source, destinations }: WrittenManifest,
  { quote, flowRegistries, indent, sourceLast }: Style,
): string {
  const from = flowRegistries
    ? `{name: ${quote}${source}${quote}, src: true}`
    : `name: ${quote}${source}${quote}\n${indent}  src: true`;
  const to = destinations.map((name) =>
    flowRegistries ? `{name: ${quote}${name}${quote}}` : `name: ${quote}${name}${quote}`,
  );
  const entries = sourceLast ? [...to, from] : [from, ...to];
  return `registries:\n${entries.map((entry) => `${indent}- ${entry}\n`).join('')}`;
}

function writeImages({ images }: WrittenManifest, { quote, flowTags, indent }: Style): string {
  if (images.length === 0) return '[]\n';
  const lines = images.flatMap(({ name, digests }) => [
    `${indent}- name: ${quote || '"'}${name}${quote || '"'}`,
    `${indent}  dmap:`,
    ...digests.flatMap(({ digest, tags }) => {
      const quoted = tags.map((text) => quote + text + quote);
      const key = `${indent}    ${quote}${digest}${quote}:`;
      return flowTags || tags.length === 0
        ? `${key} [${quoted.join(', ')}]`
        : [key, ...quoted.map((text) => `${indent}    - ${text}`)];
    }),
  ]);
  return `\n${lines.join('\n')}\n`;
}

/** Every wish as one text, tagless ones without tag. */
function edgesOf(source: string, destinations: readonly string[], images: readonly WrittenImage[]): readonly string[] {
  const edges = destinations.flatMap((destination) =>
    images.flatMap(({ name, digests }) =>
      digests.flatMap(({ digest, tags }) =>
        (tags.length === 0 ? [''] : tags).map((text) => `${source}/${name}@${digest} ${destination}/${name}:${text}`),
      ),
    ),
  );
  return [...new Set(edges)].toSorted();
}

/** Tags of a digest that is written both with and without tags: one entry holds both wishes then. */
function withoutSubsumed(edges: readonly string[]): readonly string[] {
  return edges.filter(
    (edge) => !edge.endsWith(':') || !edges.some((other) => other !== edge && other.startsWith(edge)),
  );
}

function edgesRead({ source, destinations, images }: Manifest): readonly string[] {
  return edgesOf(source, destinations, images);
}

describe('the grammar of manifests', function () {
  this.timeout(20_000);

  it('gives the edges that were written, however they are written', () => {
    fc.assert(
      fc.property(manifest, style, (written, how) => {
        const expected = withoutSubsumed(edgesOf(written.source, written.destinations, written.images));
        const registries = writeRegistries(written, how);
        const images = writeImages(written, how);
        for (const bundle of [plain(`${registries}images: ${images}`), thin(registries, images)]) {
          const [read] = parseBundle(bundle).manifests;
          assert.ok(read);
          assert.deepEqual(edgesRead(read), expected);
        }
      }),
    );
  });

  it('throws nothing but ManifestError, with a line that is there', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({ unit: oneOf('[]{}:-,?&*!|>\'"%@`#~ \n\tab<1'), maxLength: 60 }),
      fc
        .array(
          fc.constantFrom('registries:', 'images:', '- name: a', '  dmap: ', '- ', '\n', ' ', '&a ', '*a', '<<: '),
          {
            maxLength: 30,
          },
        )
        .map((words) => words.join('')),
    );
    fc.assert(
      fc.property(anything, anything, (one, other) => {
        for (const bundle of [plain(one), thin(one, other), thin(REGISTRIES, other)]) expectLines(bundle);
      }),
      { numRuns: 200 },
    );
  });

  it('says where a mistake is when one is made', () => {
    const text = `${REGISTRIES}images:\n${IMAGES}`;
    const mistake = fc.record({
      at: fc.nat({ max: text.length }),
      removed: fc.nat({ max: 5 }),
      added: fc.string({ unit: oneOf('[]{}:-,?&*!|>\'"% \n\taZ0/.'), maxLength: 3 }),
    });
    fc.assert(
      fc.property(mistake, ({ at, removed, added }) => {
        expectLines(plain(text.slice(0, at) + added + text.slice(at + removed)));
      }),
      { numRuns: 500 },
    );
  });
});

function expectLines(bundle: Parameters<typeof parseBundle>[0]): void {
  try {
    parseBundle(bundle);
  } catch (thrown) {
    assert.ok(thrown instanceof ManifestError, String(thrown));
    assert.notEqual(thrown.problems.length, 0);
    for (const { file, line = 0, message } of thrown.problems) {
      const lines = bundle.files.find(({ path }) => path === file)?.text.split('\n').length ?? 0;
      assert.ok(line >= 1 && line <= lines, `${file}:${line} of ${lines}: ${message}`);
    }
  }
}
