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

const WORKFLOW_ID = 'promotion/prod.example+2';

describe('an operator in Temporal’s UI', () => {
  let browser: Browser;
  let page: Page;
  let ui: TemporalPage;
  let production: Production;
  let service: PromotionService;
  let handle: WorkflowHandleWithFirstExecutionRunId<typeof promotion>;

  before(async function () {
    const chromium = await needChromium(this);
    production = await startProduction({ images: 12, mirrors: 2 });
    production.staging.setFaults([{ class: /^tags\.list$/, action: { status: 500 } }]);
    service = await startPromotionService({ directory: production.directory, ui: true });
    browser = await launchChromium(chromium);
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    const policies = { plan: { attempts: 2, firstRetry: 100 } };
    handle = await service.client.workflow.start<typeof promotion>('promotion', {
      taskQueue: 'promotion',
      workflowId: WORKFLOW_ID,
      staticSummary: '24 edges of 12 images to 2 mirrors',
      args: [{ manifests: await service.upload(production.directory), confirm: true, sign: false, policies }],
    });
    ui = createTemporalPage(page, service.server.uiUrl ?? '', {
      workflowId: WORKFLOW_ID,
      runId: handle.firstExecutionRunId,
    });
    await waitFor(async () => (await handle.query(report)).outcome === 'held');
  });

  after(async () => {
    await browser?.close();
    await service?.stop();
    await production?.stop();
  });

  it('finds the held run by its search attribute', async () => {
    await ui.openList('`PromoterState`="Held"');
    const link = page.getByRole('link', { name: WORKFLOW_ID }).first();
    await link.waitFor();
    await ui.screenshot('held-run-in-list');
  });

  it('reads why it is held', async () => {
    await ui.openTab('user-metadata');
    await page.getByText('HELD: plan failed; send retryPhase, abortPromotion').first().waitFor();
    await page.frameLocator('iframe >> nth=1').getByText('answered 500').first().waitFor();
    await ui.screenshot('held-run-details');
    await ui.openTab('history');
    await page.getByText('HELD: plan failed').first().waitFor();
    await ui.screenshot('held-run-timeline');
  });

  it('is told why a wrong Update is refused, and leaves no trace of it', async () => {
    await ui.openTab('user-metadata');
    const before = (await handle.fetchHistory()).events?.length;
    await ui.sendUpdate('retryPhase', '{"phase": "promote"}');
    await page.getByText('the phase is plan, not promote').first().waitFor();
    await ui.screenshot('update-refused');
    await ui.cancelUpdate();
    assert.equal((await handle.fetchHistory()).events?.length, before);
  });

  it('lets the run finish with retryPhase once the registry is back', async () => {
    production.staging.setFaults([]);
    await ui.openTab('user-metadata');
    await ui.sendUpdate('retryPhase', undefined, 'update-retryPhase');
    const result = await handle.result();
    assert.equal(result.outcome, 'done');
    for (const mirror of production.mirrors) assert.deepEqual(await production.missing(mirror), []);
    await ui.openTab('history');
    await page.getByText('Completed').first().waitFor();
    await ui.screenshot('finished-run-timeline');
  });
});
