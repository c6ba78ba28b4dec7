import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { PromoterError } from '../../src/errors.ts';
import type { Digest } from '../../src/reference.ts';
import { blobsOf, loadGraph, nodesOf, readLinks } from '../../src/registry/manifest-graph.ts';
import type { Descriptor, ManifestContent } from '../../src/registry/registry.ts';
import { digestOf } from '../../src/stack/sample-layers.ts';

const INDEX = 'application/vnd.oci.image.index.v1+json';
const FOREIGN = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';

describe('the links of a manifest', () => {
  it('are found by their place, whatever the media types', () => {
    const [config, layer, blob, child, subject] = ['config', 'layer', 'blob', 'child', 'subject'].map((name) =>
      descriptor(name),
    ) as [Descriptor, Descriptor, Descriptor, Descriptor, Descriptor];
    const content = manifest({ config, layers: [layer], blobs: [blob], manifests: [child], subject }, 'example/new');
    assert.deepEqual(readLinks(content), { manifests: [child], blobs: [config, layer, blob] });
  });

  it('leave out layers that clients fetch by URL, and those alone', () => {
    const elsewhere = { ...descriptor('windows', FOREIGN), urls: ['https://example.com/layer'] };
    const kept = [
      descriptor('foreign without urls', FOREIGN),
      { ...descriptor('foreign with none', FOREIGN), urls: [] },
      { ...descriptor('plain'), urls: ['https://x.test'] },
    ];
    assert.deepEqual(readLinks(manifest({ layers: [elsewhere, ...kept] })).blobs, kept);
  });

  const malformed: Readonly<Record<string, Uint8Array>> = {
    'it is not JSON': Buffer.from('<html>'),
    'of type application/vnd.oci.image.index.v1+json cannot be copied: it is not JSON': Buffer.from([0x22, 0xff, 0x22]),
    'it is not a JSON object': Buffer.from('[]'),
    'schema 1': json({ schemaVersion: 1, fsLayers: [] }),
    "'layers' is not a list": json({ layers: 'x' }),
    'no descriptor': json({ layers: [{ mediaType: 'a', digest: `sha512:${'0'.repeat(128)}`, size: 1 }] }),
  };
  for (const [why, bytes] of Object.entries(malformed)) {
    it(`are refused when ${why}`, () => {
      assert.throws(() => readLinks({ digest: digestOf(bytes), mediaType: INDEX, bytes }), hasMessage(why));
    });
  }

  it('are read or refused, and nothing else, for any JSON', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const bytes = Buffer.from(text);
        try {
          readLinks({ digest: digestOf(bytes), mediaType: INDEX, bytes });
        } catch (error) {
          assert.ok(error instanceof PromoterError && error.code === 'RegistryProtocol');
        }
      }),
    );
  });
});

describe('a manifest graph', () => {
  it('has every manifest once, children before parents', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.nat()), { minLength: 1, maxLength: 12 }), async (picks) => {
        const made: ManifestContent[] = [];
        for (const pick of picks) {
          const children = pick.flatMap((number) => made[number % Math.max(1, made.length)] ?? []);
          made.push(manifest({ manifests: children.map(refer), layers: [descriptor(`layer ${made.length}`)] }));
        }
        const root = manifest({ manifests: made.slice(-1).map(refer) });
        const graph = await loadGraph(root, readFrom(made), { depth: 20, manifests: 20, bytes: 1e6 });
        const seen = new Set<string>();
        for (const node of nodesOf(graph)) {
          assert.ok(!seen.has(node.content.digest));
          assert.ok(node.children.every((child) => seen.has(child.content.digest)));
          seen.add(node.content.digest);
        }
        assert.equal(blobsOf(graph).length, seen.size - 1);
        assert.ok(seen.has(root.digest));
      }),
    );
  });

  it('takes what an index lists but nobody serves as a manifest for a blob, and asks once', async () => {
    const layer = descriptor('cache layer');
    const inner = manifest({ manifests: [layer] });
    const reads: Digest[] = [];
    const graph = await loadGraph(manifest({ manifests: [layer, refer(inner)] }), async (digest) => {
      reads.push(digest);
      return digest === inner.digest ? inner : undefined;
    });
    assert.deepEqual(
      graph.children.map(({ content, blobs }) => [content.digest, blobs]),
      [[inner.digest, [layer]]],
    );
    assert.deepEqual(graph.blobs, [layer]);
    assert.deepEqual(reads, [layer.digest, inner.digest]);
  });

  it('reads a manifest that is listed twice once', async () => {
    const child = manifest({ layers: [descriptor('layer')] });
    const reads: Digest[] = [];
    await loadGraph(manifest({ manifests: [refer(child), refer(child)] }), async (digest) => {
      reads.push(digest);
      return child;
    });
    assert.deepEqual(reads, [child.digest]);
  });

  it('refuses a cycle', async () => {
    const [one, two] = ['one', 'two'].map((name) => descriptor(name)) as [Descriptor, Descriptor];
    const served = new Map([
      [one.digest, { ...manifest({ manifests: [two] }), digest: one.digest }],
      [two.digest, { ...manifest({ manifests: [one] }), digest: two.digest }],
    ]);
    const loading = loadGraph(manifest({ manifests: [one, two] }), async (digest) => served.get(digest));
    await assert.rejects(loading, hasMessage('contains itself'));
  });

  it('refuses what is too deep, too wide or too large', async () => {
    const leaf = manifest({ layers: [descriptor('layer')] });
    const middle = manifest({ manifests: [refer(leaf)] });
    const root = manifest({ manifests: [refer(middle)] });
    const load = (limits: Parameters<typeof loadGraph>[2]) => loadGraph(root, readFrom([leaf, middle]), limits);
    await load({ depth: 3, manifests: 3, bytes: 10_000 });
    const bytes = [leaf, middle, root].reduce((sum, content) => sum + content.bytes.length, 0);
    await load({ depth: 3, manifests: 3, bytes });
    await assert.rejects(load({ depth: 3, manifests: 3, bytes: bytes - 1 }), hasMessage('more than'));
    await assert.rejects(load({ depth: 2, manifests: 3, bytes: 10_000 }), hasMessage('deeper than 2'));
    await assert.rejects(load({ depth: 3, manifests: 2, bytes: 10_000 }), hasMessage('more than 2 manifests'));
    await assert.rejects(load({ depth: 3, manifests: 3, bytes: 100 }), hasMessage('more than 100 bytes'));
  });
});

function descriptor(name: string, mediaType = 'application/octet-stream'): Descriptor {
  return { mediaType, digest: digestOf(Buffer.from(name)), size: name.length };
}

function refer({ digest, mediaType, bytes }: ManifestContent): Descriptor {
  return { mediaType, digest, size: bytes.length };
}

function manifest(fields: object, mediaType = INDEX): ManifestContent {
  const bytes = json(fields);
  return { digest: digestOf(bytes), mediaType, bytes };
}

function readFrom(contents: readonly ManifestContent[]) {
  return async (digest: Digest) => contents.find((content) => content.digest === digest);
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

function hasMessage(part: string) {
  return (error: unknown) => error instanceof PromoterError && error.message.includes(part);
}
