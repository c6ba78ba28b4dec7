import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import type { promotion } from '../../src/workflows/index.ts';
import type { PromotionReport } from '../../src/workflows/messages.ts';
import type { PromotionRequest } from '../../src/workflows/promotion-request.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';

const IMAGES = 10;
const QUICK = { attempts: 2, firstRetry: 50, residueRounds: 1 };
const POLICIES = { setup: { attempts: 1 }, plan: QUICK, provenance: QUICK, validate: QUICK, promote: QUICK };

describe('a promotion with something broken', () => {
  let production: Production;
  let service: PromotionService;
  beforeEach(async () => {
    production = await startProduction({ images: IMAGES, mirrors: 3 });
    service = await startPromotionService({ directory: production.directory });
  });
  afterEach(async () => {
    await service.stop();
    await production.stop();
  });

  async function promote(request: Partial<PromotionRequest> = {}): Promise<PromotionReport> {
    const manifests = await service.upload(production.directory);
    return service.client.workflow.execute<typeof promotion>('promotion', {
      taskQueue: 'promotion',
      workflowId: randomUUID(),
      args: [{ manifests, confirm: true, sign: false, onPhaseFailure: 'fail', policies: POLICIES, ...request }],
    });
  }

  async function failureOf(request: Partial<PromotionRequest>): Promise<ApplicationFailure> {
    const error = await promote(request).then(
      () => assert.fail('it ended well'),
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof WorkflowFailedError);
    return error.cause as ApplicationFailure;
  }

  /** The last mirror lacks everything and is reported for every image, the others have it all. */
  async function assertOnlyLastIsMissing(report: PromotionReport, message: RegExp): Promise<void> {
    assert.equal(report.outcome, 'quarantined');
    assert.equal(report.quarantine.edges, IMAGES);
    for (const edge of report.quarantine.samples) {
      assert.ok(edge.destination.startsWith(last().host), edge.destination);
      assert.match(edge.message, message);
    }
    last().setFaults([]);
    const [one, two, three] = production.mirrors;
    assert.ok(one && two && three);
    assert.deepEqual(await production.missing(one), []);
    assert.deepEqual(await production.missing(two), []);
    assert.equal((await production.missing(three)).length, IMAGES);
  }

  const last = () => {
    const mirror = production.mirrors[2];
    assert.ok(mirror);
    return mirror;
  };
  const written = (): number =>
    production.mirrors.reduce((sum, mirror) => sum + (mirror.counts()['manifest.put'] ?? 0), 0);

  it('promotes to the others when a mirror refuses writes', async () => {
    last().setFaults([{ class: /^(upload|manifest\.put|blob\.mount)/, action: { status: 403 } }]);
    await assertOnlyLastIsMissing(await promote(), /answered 403/);
  });

  it('promotes to the others when a mirror answers 500 to everything', async () => {
    last().setFaults([{ action: { status: 500 } }]);
    await assertOnlyLastIsMissing(await promote(), /answered 500/);
  });

  it('promotes to the others when a mirror answers 500 to writes only, and tries those again first', async () => {
    last().setFaults([{ class: /^manifest\.put$/, action: { status: 500 } }]);
    await assertOnlyLastIsMissing(await promote(), /answered 500|was not sent: \d+ calls to/);
  });

  it('promotes to the others when a mirror refuses connections', async () => {
    await production.writeManifests([...production.mirrors.slice(0, 2).map(({ host }) => host), '127.0.0.1:9']);
    const report = await promote();
    assert.equal(report.outcome, 'quarantined');
    assert.equal(report.quarantine.edges, IMAGES);
    assert.match(report.quarantine.samples[0]?.message ?? '', /127\.0\.0\.1:9.*ECONNREFUSED/);
    for (const mirror of production.mirrors.slice(0, 2)) assert.deepEqual(await production.missing(mirror), []);
  });

  it('writes nothing at all under strict when a mirror refuses writes, or does not answer', async () => {
    last().setFaults([{ class: /^(upload|manifest\.put|blob\.mount)/, action: { status: 403 } }]);
    assert.match((await failureOf({ strict: true })).message, /strict: nothing is promoted, .*answered 403/);
    last().setFaults([{ action: { status: 500 } }]);
    assert.match((await failureOf({ strict: true })).message, /strict: a destination cannot be used: .*answered 500/);
    assert.equal(written(), 0);
  });

  it('fails at once when no destination takes our credentials, and says which', async () => {
    for (const mirror of production.mirrors) mirror.setFaults([{ action: { status: 401 } }]);
    const failure = await failureOf({});
    assert.equal(failure.type, 'RegistryUnauthorized');
    for (const mirror of production.mirrors) assert.ok(failure.message.includes(mirror.host), failure.message);
  });

  it('never writes an image whose bytes are not what its digest says, and promotes the rest', async () => {
    production.staging.setFaults([{ class: /^blob\.get$/, path: /\/app-3\//, action: 'corrupt' }]);
    const report = await promote();
    assert.equal(report.outcome, 'quarantined');
    assert.equal(report.quarantine.edges, 3);
    assert.deepEqual(new Set(report.quarantine.samples.map(({ reason }) => reason)), new Set(['DigestMismatch']));
    for (const mirror of production.mirrors) {
      assert.deepEqual((await production.missing(mirror)).length, 1);
      assert.match((await production.missing(mirror)).join(), /^app-3:.* is missing$/);
    }
  });

  it('works on the edges alone that an earlier run left behind', async () => {
    last().setFaults([{ action: { status: 500 } }]);
    const first = await promote();
    last().setFaults([]);
    for (const mirror of production.mirrors) mirror.clear();
    const second = await promote({ only: first.quarantine.list ?? '' });
    assert.equal(second.outcome, 'done');
    assert.equal(second.copied.edges, IMAGES);
    for (const mirror of production.mirrors) assert.deepEqual(await production.missing(mirror), []);
    assert.equal(production.mirrors[0]?.counts()['manifest.put'] ?? 0, 0);
  });
});
