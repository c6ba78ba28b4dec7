import assert from 'node:assert/strict';
import { join } from 'node:path';
import { makeImage, makeIndex } from '../../src/stack/sample-images.ts';
import { withTree } from '../manifest/written-tree.ts';
import { openCommandLine, type CommandLine, type Ending } from './command-line.ts';
import { startLab, type Lab } from './lab.ts';

const index = makeIndex({ seed: 'plan', platforms: ['linux/amd64', 'linux/arm64'], layerSizes: [10] });
const [moved, held] = ['moved', 'held'].map((seed) => makeImage({ seed, layerSizes: [10] }));

describe('promoter plan', function () {
  this.timeout(60_000);
  let promoter: CommandLine;
  let lab: Lab;
  before(async () => {
    assert.ok(moved && held);
    [promoter, lab] = await Promise.all([openCommandLine(), startLab({ googleTags: true })]);
    await lab.push('staging/app', index);
    await lab.push('staging/moved', moved);
    await lab.push('prod/moved', held, ['v1']);
    lab.proxy.clear();
  });
  after(() => Promise.all([promoter.close(), lab.stop()]));

  async function plan(...args: readonly string[]): Promise<Ending> {
    const images = [
      { name: 'app', dmap: { [index.root.digest]: ['v1', 'v2'] } },
      { name: 'moved', dmap: { [moved?.root.digest ?? '']: ['v1'] } },
    ];
    const registries = `registries:\n- {name: ${lab.at('staging')}, src: true}\n- name: ${lab.at('prod')}\n`;
    let ending: Ending | undefined;
    await withTree({ 'manifest.yaml': `${registries}images: ${JSON.stringify(images)}\n` }, async (root) => {
      ending = await promoter.run(['plan', '--manifest', join(root, 'manifest.yaml'), ...args]);
    });
    assert.ok(ending);
    assert.deepEqual(lab.writes(), []);
    return ending;
  }

  it('prints for machines what is known of each image, and what its tags point to', async () => {
    const { exit, stdout, stderr } = await plan('--json');
    assert.equal(exit, 3, stderr);
    const { images, refused, verdicts } = JSON.parse(stdout) as {
      images: readonly Record<string, unknown>[];
      refused: readonly Record<string, unknown>[];
      verdicts: unknown;
    };
    assert.deepEqual(verdicts, { promote: 2, 'tag-move': 1 });
    assert.equal(images.length, 1);
    const { bytes, ...image } = images[0] ?? {};
    assert.ok(Number(bytes) > 0);
    assert.deepEqual(image, {
      source: lab.at('staging/app'),
      digest: index.root.digest,
      platforms: ['linux/amd64', 'linux/arm64'],
      signature: { verdict: 'unsigned', why: 'it is not signed' },
      provenance: {
        verdict: 'absent',
        why: 'it has no attestation of type https://slsa.dev/provenance/v0.2 or https://slsa.dev/provenance/v1',
      },
      edges: ['v1', 'v2'].map((tag) => ({ destination: lab.at('prod/app'), verdict: 'promote', tag, before: null })),
    });
    assert.deepEqual(
      refused.map(({ destination, reason, before }) => [destination, reason, before]),
      [[lab.at('prod/moved'), 'tag-move', held?.root.digest]],
    );
  });

  it('prints the same for a pull request', async () => {
    const { exit, stdout, stderr } = await plan('--markdown');
    assert.equal(exit, 3, stderr);
    assert.match(stdout, /^### Promotion of 1 image to 2 places, 1 edge cannot be promoted\n/);
    assert.match(stdout, /^- platforms: `linux\/amd64`, `linux\/arm64`$/m);
    assert.match(stdout, /^- tags: `v1`, `v2`$/m);
    assert.match(stdout, /^- `.*\/prod\/moved:v1`: tag-move: .*; it points to `sha256:.*`$/m);
  });
});
