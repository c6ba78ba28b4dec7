import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeImage, type SampleImage } from '../../src/stack/sample-images.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import type { FaultRule } from '../support/registry-proxy-faults.ts';
import { openCommandLine, type CommandLine, type Ending } from './command-line.ts';
import { startLab, type Lab } from './lab.ts';

interface Result {
  readonly quarantine: readonly { readonly destination: string; readonly reason: string; readonly message: string }[];
}

interface Wanted {
  readonly name: string;
  readonly image: SampleImage;
}

let images = 0;
const newImage = (): SampleImage => makeImage({ seed: `faults ${++images}`, layerSizes: [5_000] });

const READING = /^(?:tags\.list|manifest\.get|blob\.get)$/;
const WRITING = /^(?:upload\.(?:post|put)|manifest\.put)$/;

/** What passes by itself, hitting each kind of request. kpromo ends at resets, ends of file and stalls. */
const PASSING: readonly (readonly [string, FaultRule])[] = [
  ['429 that says when to come back', { action: { status: 429, retryAfter: '1' } }],
  ['429 that does not', { action: { status: 429 } }],
  ['500', { action: { status: 500 } }],
  ['503', { action: { status: 503 } }],
  ['408', { action: { status: 408 } }],
  ['connections that are closed without an answer', { action: 'drop' }],
  ['answers that end in their middle', { class: READING, action: 'truncate' }],
  ['answers that are lost after the registry has acted', { class: WRITING, action: 'lose-answer' }],
  ['bytes that were altered on their way', { class: /^blob\.get$/, action: 'corrupt' }],
];

describe('E23, E24: what goes wrong on the way', function () {
  this.timeout(120_000);
  let promoter: CommandLine;
  let service: PromotionService;
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'conformance-faults-'));
    [promoter, service] = await Promise.all([openCommandLine(), startPromotionService({ directory })]);
  });
  after(async () => {
    await Promise.all([promoter.close(), service.stop()]);
    await rm(directory, { recursive: true });
  });

  /** Promotes images from one lab to others. */
  async function promote(from: Lab, to: readonly Lab[], wanted: readonly Wanted[]): Promise<Ending> {
    const registries = [`{name: ${from.at('staging')}, src: true}`, ...to.map((lab) => `name: ${lab.at('prod')}`)];
    const entries = wanted.map(({ name, image }) => ({ name, dmap: { [image.root.digest]: ['v1'] } }));
    const file = join(directory, 'manifest.yaml');
    await writeFile(
      file,
      `registries:\n${registries.map((line) => `- ${line}\n`).join('')}images: ${JSON.stringify(entries)}\n`,
    );
    const flags = ['--confirm', '--sign=false', '--on-failure=fail', '--json'];
    return promoter.run(['cip', '--manifest', file, ...flags], { env: service.environment });
  }

  let [staging, one, two]: Lab[] = [];
  beforeEach(async () => {
    [staging, one, two] = await Promise.all([0, 1, 2].map(() => startLab({ googleTags: true })));
  });
  afterEach(() => Promise.all([staging, one, two].map(async (lab) => lab?.stop())));

  it('E24: faults that pass by themselves cost time, and nothing else', async () => {
    assert.ok(staging && one);
    const wanted = PASSING.map(([what, rule], at) => ({ what, rule, name: `app-${at}`, image: newImage() }));
    for (const { name, image } of wanted) await staging.push(`staging/${name}`, image);
    const rules = wanted.flatMap(({ rule, name }) =>
      (rule.class === undefined ? [READING, WRITING] : [rule.class]).map((each): FaultRule => ({
        ...rule,
        class: each,
        path: new RegExp(`/${name}/`),
        count: 1,
      })),
    );
    for (const lab of [staging, one]) lab.proxy.setFaults(rules);
    const { exit, stderr, stdout } = await promote(staging, [one], wanted);
    for (const lab of [staging, one]) lab.proxy.setFaults([]);
    assert.equal(exit, 0, `${stderr}${stdout}`);
    for (const { what, name, image } of wanted) {
      assert.equal(await one.digestAt(`prod/${name}`, 'v1'), image.root.digest, what);
    }
  });

  it('E23: a destination that refuses holds back its own edges, and the same command makes up for them', async () => {
    assert.ok(staging && one && two);
    const image = newImage();
    await staging.push('staging/app', image);
    two.proxy.setFaults([{ class: WRITING, action: { status: 403, code: 'DENIED' } }]);
    const { exit, stdout, stderr } = await promote(staging, [one, two], [{ name: 'app', image }]);
    assert.equal(exit, 3, stderr);
    const { quarantine } = JSON.parse(stdout) as Result;
    assert.deepEqual(
      quarantine.map(({ destination }) => destination),
      [two.at('prod/app')],
    );
    assert.match(quarantine[0]?.message ?? '', /403/);
    assert.equal(await one.digestAt('prod/app', 'v1'), image.root.digest);
    two.proxy.setFaults([]);
    assert.equal((await promote(staging, [one, two], [{ name: 'app', image }])).exit, 0);
    assert.equal(await two.digestAt('prod/app', 'v1'), image.root.digest);
  });

  it('E24: faults that do not pass end the run with the registry’s words, before anything is written', async () => {
    assert.ok(staging && one);
    const image = newImage();
    await staging.push('staging/app', image);
    for (const [status, code] of [
      [401, 'UNAUTHORIZED'],
      [403, 'DENIED'],
    ] as const) {
      staging.proxy.setFaults([{ class: READING, action: { status, code } }]);
      const { exit, stdout } = await promote(staging, [one], [{ name: 'app', image }]);
      assert.equal(exit, 1, stdout);
      assert.match(stdout, new RegExp(`${staging.proxy.host}.*${status}`));
    }
    assert.equal(await one.digestAt('prod/app', 'v1'), undefined);
  });
});
