import assert from 'node:assert/strict';
import type { Digest, Tag } from '../../src/reference.ts';
import { startReplicationLab, type ReplicationLab } from '../support/replication-lab.ts';

const IMAGES = 6;
const MIRRORS = 4;
const DAY = 24 * 60 * 60_000;
/** A signature's manifest, payload and configuration. */
const REQUESTS_TO_READ = 3;

/** Every second digest of an image. */
function signedOf(lab: ReplicationLab): readonly (readonly [string, Digest])[] {
  return [...lab.images].flatMap(([name, digests]) =>
    digests.filter((_, at) => at % 2 === 0).map((digest) => [name, digest] as const),
  );
}

async function unequal(lab: ReplicationLab): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const [name, digest] of signedOf(lab)) {
    const wanted = await lab.signatureOf(lab.canonical, name, digest);
    for (const mirror of lab.mirrors) {
      const found = await lab.signatureOf(mirror, name, digest);
      if (found !== wanted) wrong.push(`${mirror.host} ${name} ${digest}: ${found} and not ${wanted}`);
    }
  }
  return wrong;
}

describe('replication of signatures on registries with Google’s listing', function () {
  this.timeout(120_000);
  let lab: ReplicationLab;

  before(async () => {
    lab = await startReplicationLab({ images: IMAGES, digests: 4, mirrors: MIRRORS });
    for (const [name, digest] of signedOf(lab)) await lab.sign(lab.canonical, name, digest);
  });
  after(() => lab.stop());

  it('says without --confirm what is missing, and writes nothing', async () => {
    const report = await lab.replicate({ confirm: false });
    assert.equal(report.outcome, 'dry-run');
    assert.equal(report.counts.missing, signedOf(lab).length * MIRRORS);
    assert.equal(report.counts.written, 0);
    assert.equal((await unequal(lab)).length, signedOf(lab).length * MIRRORS);
  });

  it('copies with one listing per repository, one reading per signature and the fewest writes', async () => {
    const report = await lab.replicate();
    const signatures = signedOf(lab).length;
    assert.deepEqual(report.residue.samples, []);
    assert.equal(report.outcome, 'done');
    assert.equal(report.counts.written, signatures * MIRRORS);
    // A signature is a manifest, a payload and a configuration: 3 reads; POST and PUT for each blob (POST alone on the
    // first try of a host), and a PUT for the tag.
    const bound = IMAGES * (1 + MIRRORS) + signatures * 3 + signatures * MIRRORS * 5 + MIRRORS;
    assert.ok(lab.requests() <= bound, `${lab.requests()} requests, more than ${bound}`);
    assert.deepEqual(await unequal(lab), []);
  });

  it('asks in its steady state for one listing per source and its share of the audit, and nothing else', async () => {
    const pairs = IMAGES * MIRRORS;
    for (const { afterMs, share } of [
      { afterMs: 0, share: Math.ceil(pairs / 48) },
      { afterMs: 2 * DAY, share: pairs },
    ]) {
      lab.advance(afterMs);
      const report = await lab.replicate();
      assert.equal(lab.requests(), IMAGES + share);
      assert.equal(lab.requests(lab.canonical), IMAGES);
      assert.deepEqual([report.counts.written, report.counts.compared, report.counts.read], [0, share, 0]);
      assert.equal(report.oldestRead?.whole, true, 'what was written counts as read');
    }
  });

  it('asks one repository’s mirrors when it has a new signature, or another one than before', async () => {
    const [name = '', digests = []] = [...lab.images][2] ?? [];
    const [first, unsigned] = digests;
    assert.ok(first !== undefined && unsigned !== undefined);
    await lab.sign(lab.canonical, name, unsigned);
    const added = await lab.replicate();
    assert.equal(added.counts.written, MIRRORS);
    assert.ok(added.counts.compared <= MIRRORS + 1);
    for (const mirror of lab.mirrors) {
      assert.equal(await lab.signatureOf(mirror, name, unsigned), await lab.signatureOf(lab.canonical, name, unsigned));
    }
  });

  it('starts again from nothing when its checkpoint is lost, and that costs requests only', async () => {
    for (const checkpoint of await lab.store.names('replication/')) await lab.store.remove(checkpoint);
    const report = await lab.replicate();
    assert.equal(report.counts.written, 0);
    assert.equal(lab.requests(), IMAGES * (1 + MIRRORS));
  });

  it('reads back a thirtieth of all that mirrors hold in the first run of a day', async () => {
    lab.advance(DAY / 2);
    const { counts } = await lab.replicate();
    assert.equal(counts.read, Math.ceil((signedOf(lab).length * MIRRORS) / 30));
    assert.equal(lab.requests(), IMAGES + counts.compared + REQUESTS_TO_READ * counts.read);
    assert.equal(counts.written, 0);
    lab.advance(DAY / 2);
  });

  it('finds by its audit what a mirror lost, mends it and says so', async () => {
    const [name = '', digests = []] = [...lab.images][4] ?? [];
    const [digest] = digests;
    const [mirror] = lab.mirrors;
    assert.ok(digest !== undefined && mirror !== undefined);
    const wanted = await lab.signatureOf(mirror, name, digest);
    await lab.registry.deleteTag(lab.repository(mirror, name), `${digest.replace(':', '-')}.sig` as Tag);
    const report = await lab.replicate({ auditInterval: '30 minutes' });
    assert.equal(report.counts.compared, IMAGES * MIRRORS);
    assert.equal(report.mended.count, 1);
    assert.equal(report.mended.samples[0]?.mirror, lab.repository(mirror, name));
    assert.equal(await lab.signatureOf(mirror, name, digest), wanted);
  });

  it('finds by its audit what is gone or cut off below an intact manifest, mends what it can and reports the rest', async () => {
    const [, [name, [, , digest]] = ['', []]] = [...lab.images];
    const [deleted, truncated] = lab.mirrors;
    assert.ok(digest !== undefined && deleted !== undefined && truncated !== undefined);
    const { layers } = await lab.signatureManifest(lab.canonical, name, digest);
    const [layer] = layers;
    assert.ok(layer !== undefined);
    await lab.damage(deleted, name, layer.digest, 'delete');
    await lab.damage(truncated, name, layer.digest, 'truncate');
    const unaware = await lab.replicate();
    assert.equal(unaware.counts.damaged, 0, 'listings do not tell');
    const report = await lab.replicate({ auditInterval: '30 minutes', readBackInterval: '30 minutes' });
    assert.equal(report.counts.damaged, 2);
    assert.equal(report.counts.written, 1);
    const mirrorOf = ({ mirror = '' }: { readonly mirror?: string }): string => mirror;
    assert.deepEqual(
      new Set(report.mended.samples.map(mirrorOf)),
      new Set([deleted, truncated].map((one) => lab.repository(one, name))),
    );
    // The distribution registry takes what it has under a digest for intact, so that nobody can replace it.
    assert.deepEqual(report.residue.samples.map(mirrorOf), [lab.repository(truncated, name)]);
    assert.match(
      report.residue.samples[0]?.message ?? '',
      /missing or damaged, and still has after it was written again/,
    );
    assert.ok(await lab.registry.readBlob(lab.repository(deleted, name), layer.digest));

    const unmended = await lab.replicate();
    assert.deepEqual([unmended.outcome, unmended.counts.damaged], ['residue', 1], 'it is not forgotten');
    assert.ok(unmended.counts.read <= 2, 'nor is all else read again');
    await lab.damage(truncated, name, layer.digest, 'delete');
    await lab.damage(truncated, name, layer.digest, 'remove');
    const mended = await lab.replicate();
    assert.equal(mended.outcome, 'done');
    assert.deepEqual(
      mended.caughtUp.map(({ host }) => host),
      [truncated.host],
    );
  });

  it('reports a mirror that is down, serves the others, and says when it has caught up', async () => {
    const [name = '', digests = []] = [...lab.images][1] ?? [];
    const [, digest] = digests;
    const [down, up] = lab.mirrors;
    assert.ok(digest !== undefined && down !== undefined && up !== undefined);
    await lab.sign(lab.canonical, name, digest);
    down.setFaults([{ action: { status: 403, code: 'DENIED' } }]);
    for (let run = 0; run < 2; run++) {
      const report = await lab.replicate();
      assert.equal(report.outcome, 'residue');
      assert.ok(report.residue.samples.some(({ mirror }) => mirror === lab.repository(down, name)));
      assert.ok(report.residue.samples.every(({ mirror = '' }) => mirror.startsWith(down.host)));
    }
    assert.equal(await lab.signatureOf(up, name, digest), await lab.signatureOf(lab.canonical, name, digest));
    down.setFaults([]);
    const report = await lab.replicate();
    assert.equal(report.outcome, 'done');
    assert.deepEqual(
      report.caughtUp.map(({ host }) => host),
      [down.host],
    );
    assert.equal(await lab.signatureOf(down, name, digest), await lab.signatureOf(lab.canonical, name, digest));
  });
});

describe('replication of signatures on registries that list names only', function () {
  this.timeout(120_000);
  let lab: ReplicationLab;

  before(async () => {
    lab = await startReplicationLab({ images: 3, digests: 2, mirrors: 2, proxy: {} });
    for (const [name, digest] of signedOf(lab)) await lab.sign(lab.canonical, name, digest);
  });
  after(() => lab.stop());

  it('copies what is missing by names, and leaves probes to the audit', async () => {
    const report = await lab.replicate();
    assert.equal(report.counts.written, 3 * 2);
    assert.deepEqual(await unequal(lab), []);
    assert.equal(report.oldest?.verified, false);
    await lab.replicate();
    // One listing for each source; the first of six pairs is audited: its mirror's listing, a HEAD of the signature on
    // both sides, the two images (once in their lives) and the referrers of both on both sides, for which distribution
    // registries are asked twice.
    assert.ok(lab.requests() <= 3 + 1 + 2 + 2 + 8, `${lab.requests()} requests`);
    assert.equal(Math.min(...lab.mirrors.map((mirror) => lab.requests(mirror))), 0);
  });

  it('finds in an audit that a signature is another one by now, at the source or on a mirror', async () => {
    const [[name, digest] = ['', '' as Digest]] = signedOf(lab);
    await lab.registry.deleteTag(lab.repository(lab.canonical, name), `${digest.replace(':', '-')}.sig` as Tag);
    await lab.sign(lab.canonical, name, digest, 'second');
    const unaware = await lab.replicate();
    assert.ok(unaware.counts.differing <= 1, 'names alone do not tell');
    const report = await lab.replicate({ confirm: false, auditInterval: '30 minutes' });
    assert.ok(report.counts.differing >= 1);
    assert.equal(report.oldest?.verified, false);
  });
});

describe('signatures that are served from one registry', function () {
  this.timeout(120_000);
  let lab: ReplicationLab;

  before(async () => {
    lab = await startReplicationLab({ images: 2, digests: 2, mirrors: 2, manifestLines: 'replication: off\n' });
    for (const [name, digest] of signedOf(lab)) await lab.sign(lab.canonical, name, digest);
  });
  after(() => lab.stop());

  it('are only checked to be there, and no mirror is asked', async () => {
    const report = await lab.replicate();
    assert.equal(report.counts.written, 0);
    assert.equal(report.pairs, 0);
    const unsigned = [...lab.images].map(([name, [, digest]]) => `${lab.repository(lab.canonical, name)}@${digest}`);
    assert.deepEqual(
      report.unsigned.samples.map(({ source, digest }) => `${source}@${digest}`).sort(),
      unsigned.sort(),
    );
    for (const mirror of lab.mirrors) assert.equal(lab.requests(mirror), 0);
  });
});
