import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { Browser, Page } from 'playwright-core';
import { packageRoot } from '../../src/stack/program-list.ts';
import type { promotion } from '../../src/workflows/index.ts';
import { report } from '../../src/workflows/messages.ts';
import { findChromium, launchChromium } from '../support/chromium.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { waitFor } from '../support/waiting.ts';

/** `npm run docs:screenshots` sets it; otherwise nothing is written. */
const SCREENSHOTS = process.env['SCREENSHOTS'] === 'yes';
const WORKFLOW_ID = 'promotion/prod.example+2';

describe('an operator in Temporal’s UI', () => {
  let browser: Browser;
  let page: Page;
  let production: Production;
  let service: PromotionService;
  let handle: WorkflowHandleWithFirstExecutionRunId<typeof promotion>;

  before(async function () {
    const chromium = await findChromium();
    if (chromium === undefined) {
      assert.notEqual(process.env['CI'], 'true', 'CI has to have a Chromium: .ci/run installs one');
      this.skip();
    }
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
    await waitFor(async () => (await handle.query(report)).outcome === 'held');
  });

  after(async () => {
    await browser?.close();
    await service?.stop();
    await production?.stop();
  });

  const address = (path: string): string => `${service.server.uiUrl}/namespaces/default/workflows${path}`;
  const ofRun = (tab: string): string =>
    address(`/${encodeURIComponent(WORKFLOW_ID)}/${handle.firstExecutionRunId}/${tab}`);

  async function screenshot(name: string): Promise<void> {
    if (!SCREENSHOTS) return;
    const folder = join(packageRoot(), 'docs', 'images');
    await mkdir(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`) });
  }

  async function sendUpdate(name: string, data?: string): Promise<void> {
    await page.getByRole('button', { name: 'More Actions' }).click();
    await page.getByRole('menuitem', { name: 'Send an Update' }).first().click();
    const dialog = page.getByTestId('update-confirmation-modal').and(page.locator('[open]'));
    await dialog.getByTestId('update-select-button').click();
    await dialog.getByRole('option').filter({ hasText: name }).first().click();
    await dialog.getByRole('option').first().waitFor({ state: 'hidden' });
    if (data !== undefined) await dialog.getByRole('textbox').last().fill(data);
    await screenshot(`update-${name}`);
    await dialog.getByTestId('confirm-modal-button').click();
  }

  it('finds the held run by its search attribute', async () => {
    await page.goto(address(`?query=${encodeURIComponent('`PromoterState`="Held"')}`));
    const link = page.getByRole('link', { name: WORKFLOW_ID }).first();
    await link.waitFor();
    await screenshot('held-run-in-list');
  });

  it('reads why it is held', async () => {
    await page.goto(ofRun('user-metadata'));
    await page.getByText('HELD: plan failed; send retryPhase, abortPromotion').first().waitFor();
    await page.frameLocator('iframe >> nth=1').getByText('answered 500').first().waitFor();
    await screenshot('held-run-details');
    await page.goto(ofRun('history'));
    await page.getByText('HELD: plan failed').first().waitFor();
    await screenshot('held-run-timeline');
  });

  it('is told why a wrong Update is refused, and leaves no trace of it', async () => {
    await page.goto(ofRun('user-metadata'));
    const before = (await handle.fetchHistory()).events?.length;
    await sendUpdate('retryPhase', '{"phase": "promote"}');
    await page.getByText('the phase is plan, not promote').first().waitFor();
    await screenshot('update-refused');
    await page.getByRole('button', { name: 'Cancel' }).last().click();
    assert.equal((await handle.fetchHistory()).events?.length, before);
  });

  it('lets the run finish with retryPhase once the registry is back', async () => {
    production.staging.setFaults([]);
    await page.goto(ofRun('user-metadata'));
    await sendUpdate('retryPhase');
    const result = await handle.result();
    assert.equal(result.outcome, 'done');
    for (const mirror of production.mirrors) assert.deepEqual(await production.missing(mirror), []);
    await page.goto(ofRun('history'));
    await page.getByText('Completed').first().waitFor();
    await screenshot('finished-run-timeline');
  });
});
