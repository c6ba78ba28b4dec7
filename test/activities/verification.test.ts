import assert from 'node:assert/strict';
import { createActivities } from '../../src/activities/index.ts';
import { createBench, RUN, type Bench } from './support.ts';

const SCANNED = {
  name: 'scanner',
  scan: async () => [{ id: 'CVE-1', severity: 4 as const, fixable: true, package: 'x' }],
};

describe('verification before anything is copied', () => {
  let bench: Bench;
  let index: string;
  let digest: string;
  beforeEach(async () => {
    bench = await createBench();
    const image = await bench.push('staging.example/s/app', 'a');
    digest = image.root.digest;
    const manifests = await bench.upload(
      `registries:\n- {name: staging.example/s, src: true}\n- {name: one.example/prod}\nimages:\n- name: app\n  dmap: {"${digest}": ["1.0"]}\n`,
    );
    index = (await bench.plan({ manifests })).plan.digest;
  });
  afterEach(() => bench.dispose());

  const input = (request: object) => ({ run: RUN, index, shard: 0, request: { manifests: digest, ...request } });

  it('lets an image without provenance pass with a warning, unless it is required', async () => {
    const { verifyProvenance, gatherQuarantine, promoteShard } = bench.activities;
    const warned = await bench.run(verifyProvenance, input({}));
    assert.deepEqual([warned.passed, warned.quarantined], [1, 0]);
    assert.match(
      warned.warnings.join(),
      /No attestation found for staging\.example\/s\/app@sha256:.*, skipping verification/,
    );
    const required = await bench.run(verifyProvenance, input({ provenance: 'require' }));
    assert.deepEqual([required.passed, required.quarantined], [0, 1]);
    const { samples } = await bench.run(gatherQuarantine, { run: RUN });
    assert.deepEqual(
      samples.map(({ phase, reason }) => [phase, reason]),
      [['provenance', 'provenance-absent']],
    );
    const { counts } = await bench.run(promoteShard, { run: RUN, index, shard: 0, round: 0 });
    assert.equal(counts.edges, 0, 'what is kept back is not promoted');
  });

  it('lets an unsigned image pass, unless signatures are required', async () => {
    const { validateShard } = bench.activities;
    assert.equal((await bench.run(validateShard, input({}))).quarantined, 0);
    assert.equal((await bench.run(validateShard, input({ requireSignatures: true }))).quarantined, 1);
  });

  it('asks nobody about signatures that no listing has, and nobody for a trusted root', async () => {
    await bench.run(bench.activities.validateShard, input({}));
    assert.equal(bench.registry.calls.filter(({ reference }) => reference.endsWith('.sig')).length, 0);
  });

  it('asks once in a run for what is not attached', async () => {
    const { verifyProvenance, validateShard } = bench.activities;
    const asked = () => bench.registry.count('listReferrers');
    await bench.run(verifyProvenance, input({}));
    assert.equal(asked(), 1);
    await bench.run(validateShard, input({}));
    assert.equal(asked(), 1);
    await bench.run(validateShard, { ...input({}), run: `${RUN}-other` });
    assert.equal(asked(), 2, 'another run asks for itself');
  });

  it('keeps an image back that a scanner knows vulnerabilities of, from the threshold on', async () => {
    const gated = (threshold: number) => input({ vulnerabilities: { threshold } });
    const { validateShard } = createActivities({ ...bench.dependencies, scanners: { of: () => [SCANNED] } });
    assert.equal((await bench.run(validateShard, gated(5))).quarantined, 0);
    assert.equal((await bench.run(validateShard, gated(4))).quarantined, 1);
    const { samples } = await bench.run(bench.activities.gatherQuarantine, { run: RUN });
    assert.match(samples[0]?.message ?? '', /vulnerabilities at or above threshold 4 \(highest: HIGH, CVE-1/);
  });

  it('warns of an image that nobody has scanned, or keeps it back', async () => {
    const gated = (unscanned?: string) =>
      input({ vulnerabilities: { threshold: 3, ...(unscanned === undefined ? {} : { unscanned }) } });
    const { validateShard } = bench.activities;
    const warned = await bench.run(validateShard, gated());
    assert.match(warned.warnings.join(), /nobody has scanned it/);
    assert.equal((await bench.run(validateShard, gated('quarantine'))).quarantined, 1);
  });
});
