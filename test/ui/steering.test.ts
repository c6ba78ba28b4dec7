import assert from 'node:assert/strict';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { Browser, Page } from 'playwright-core';
import type { promotion } from '../../src/workflows/index.ts';
import { report } from '../../src/workflows/messages.ts';
import { needChromium, launchChromium } from '../support/chromium.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { createTemporalPage, type TemporalPage } from '../support/temporal-page.ts';
import { waitFor } from '../support/waiting.ts';

const WORKFLOW_ID = 'promotion/prod.example+1';
/** `PendingActivityState` of Temporal's API (temporal/api/enums/v1/workflow.proto), which the SDK does not export. */
const STARTED = 2;
/** It takes three seconds at most where a machine has nothing else to do; without frequent heartbeats it would be minutes. */
const SOON_MS = 15_000;

describe('an operator who steers a run in Temporal’s UI', () => {
  let browser: Browser;
  let page: Page;
  let ui: TemporalPage;
  let production: Production;
  let service: PromotionService;
  let handle: WorkflowHandleWithFirstExecutionRunId<typeof promotion>;

  before(async function () {
    const chromium = await needChromium(this);
    production = await startProduction({ images: 4, mirrors: 2 });
    await production.writeManifests([production.mirrors[0]?.host ?? '']);
    // Nothing arrives until the faults are taken away: the activity runs for as long as the test needs it.
    production.mirrors[0]?.setFaults([{ class: /^manifest\.put$/, action: 'stall' }]);
    service = await startPromotionService({ directory: production.directory, ui: true });
    browser = await launchChromium(chromium);
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    handle = await service.client.workflow.start<typeof promotion>('promotion', {
      taskQueue: 'promotion',
      workflowId: WORKFLOW_ID,
      args: [{ manifests: await service.upload(production.directory), confirm: true, sign: false }],
    });
    const run = { workflowId: WORKFLOW_ID, runId: handle.firstExecutionRunId };
    ui = createTemporalPage(page, service.server.uiUrl ?? '', run);
    await waitFor(isCopying);
  });

  after(async () => {
    await browser?.close();
    await service?.stop();
    await production?.stop();
  });

  /** The activity that copies, as the server knows it. */
  async function copying() {
    const { raw } = await handle.describe();
    return raw.pendingActivities?.find(({ activityType }) => activityType?.name === 'promoteShard');
  }

  async function isCopying(): Promise<boolean> {
    return Number((await copying())?.state) === STARTED;
  }

  /** How long it takes from when the server knows of something until something has come of it. */
  async function delayBetween(known: () => Promise<boolean>, done: () => Promise<boolean>): Promise<number> {
    await waitFor(known);
    const asked = Date.now();
    await waitFor(done);
    return Date.now() - asked;
  }

  it('resets the activity that runs, which begins again', async () => {
    const startedAt = async (): Promise<string> => JSON.stringify((await copying())?.lastStartedTime);
    const before = await startedAt();
    await ui.openTab('pending-activities');
    const asked = Date.now();
    await ui.commandActivity('Reset');
    await waitFor(async () => (await isCopying()) && (await startedAt()) !== before);
    // Between them lies what the browser takes for two clicks, which is more on a busy machine.
    assert.ok(Date.now() - asked < SOON_MS, `${Date.now() - asked} ms`);
  });

  it('pauses it, and it stops soon', async () => {
    await ui.openTab('pending-activities');
    await ui.commandActivity('Pause');
    const delay = await delayBetween(
      async () => (await copying())?.paused === true,
      async () => !(await isCopying()),
    );
    assert.ok(delay < SOON_MS, `${delay} ms`);
    await ui.openTab('pending-activities');
    await ui.commandActivity('Unpause');
    await waitFor(isCopying);
  });

  it('pauses the whole run with a reason, and reads it', async () => {
    await ui.openTab('user-metadata');
    await ui.sendUpdate('pausePromotion', '{"reason": "the mirrors are being moved", "by": "jane"}');
    await page.getByText('PAUSED by jane: the mirrors are being moved; send resumePromotion').first().waitFor();
    const details = page.frameLocator('iframe >> nth=-1');
    await ui.openTab('user-metadata');
    await details.getByText('Nothing is read or written').first().waitFor();
    assert.equal(await copying(), undefined);
    await ui.screenshot('paused-run-details');
  });

  it('is told what is wrong with the name of an edge', async () => {
    await ui.sendUpdate('quarantineEdge', '{"edge": "app:v1"}');
    await page.getByText("'app:v1' names no edge").first().waitFor();
    await ui.cancelUpdate();
  });

  it('keeps an edge back, adds a destination and resumes: the rest arrives', async () => {
    const [mirror, other] = production.mirrors;
    assert.ok(mirror !== undefined && other !== undefined);
    const [reference = ''] = production.wanted.keys();
    const edge = `${mirror.host}/production/${reference}`;
    await ui.sendUpdate('quarantineEdge', JSON.stringify({ edge, reason: 'it is broken', by: 'jane' }));
    await waitFor(async () => (await handle.query(report)).withheld !== undefined);
    await ui.openTab('user-metadata');
    const destination = `${other.host}/production`;
    await ui.sendUpdate('addDestination', JSON.stringify({ destination, reason: 'a new region', by: 'jane' }));
    await waitFor(async () => (await handle.describe()).runId !== handle.firstExecutionRunId);
    mirror.setFaults([]);
    const { runId } = await handle.describe();
    const next = createTemporalPage(page, service.server.uiUrl ?? '', { workflowId: WORKFLOW_ID, runId });
    await next.openTab('user-metadata');
    const details = page.frameLocator('iframe >> nth=-1');
    await details.getByText(`${destination} (${production.wanted.size} edges) by jane: a new region`).first().waitFor();
    await next.sendUpdate('resumePromotion');
    const result = await handle.result();
    assert.equal(result.outcome, 'quarantined');
    const [kept] = result.quarantine.samples;
    assert.equal(kept?.message, 'kept back by jane: it is broken');
    assert.deepEqual(await production.missing(mirror), [`${reference} is missing`]);
    assert.deepEqual(await production.missing(other), []);
  });
});
