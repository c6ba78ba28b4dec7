import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { packageRoot } from '../../src/stack/program-list.ts';

/** `npm run docs:screenshots` sets it; otherwise nothing is written. */
const SCREENSHOTS = process.env['SCREENSHOTS'] === 'yes';

/** Temporal's UI in a browser, looking at one run. */
export interface TemporalPage {
  /** Goes to a tab of the run, such as `history`. */
  openTab(tab: string): Promise<void>;
  /** Goes to the list of workflows. */
  openList(query: string): Promise<void>;
  /** Sends an Update as an operator does, and waits for nothing. @param picture of the form, for the documentation */
  sendUpdate(name: string, data?: string, picture?: string): Promise<void>;
  /** Closes what {@link sendUpdate} opened, where it was refused. */
  cancelUpdate(): Promise<void>;
  /** Presses a button on the card of the pending activity, and confirms it. */
  commandActivity(name: 'Pause' | 'Unpause' | 'Reset'): Promise<void>;
  /** Keeps a picture for the documentation. */
  screenshot(name: string): Promise<void>;
}

/** @param uiUrl where the UI is */
export function createTemporalPage(
  page: Page,
  uiUrl: string,
  run: { workflowId: string; runId: string },
): TemporalPage {
  const address = (path: string): string => `${uiUrl}/namespaces/default/workflows${path}`;

  async function screenshot(name: string): Promise<void> {
    if (!SCREENSHOTS) return;
    const folder = join(packageRoot(), 'docs', 'images');
    await mkdir(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`) });
  }

  return {
    screenshot,
    async openTab(tab) {
      await page.goto(address(`/${encodeURIComponent(run.workflowId)}/${run.runId}/${tab}`));
    },
    async openList(query) {
      await page.goto(address(`?query=${encodeURIComponent(query)}`));
    },
    async sendUpdate(name, data, picture) {
      await page.getByRole('button', { name: 'More Actions' }).click();
      await page.getByRole('menuitem', { name: 'Send an Update' }).first().click();
      const dialog = page.getByTestId('update-confirmation-modal').and(page.locator('[open]'));
      await dialog.getByTestId('update-select-button').click();
      await dialog.getByRole('option').filter({ hasText: name }).first().click();
      await dialog.getByRole('option').first().waitFor({ state: 'hidden' });
      if (data !== undefined) await dialog.getByRole('textbox').last().fill(data);
      if (picture !== undefined) await screenshot(picture);
      // Leaving the field lays its text out anew, which moves the button away from under a mouse.
      await dialog.getByTestId('confirm-modal-button').press('Enter');
    },
    async cancelUpdate() {
      await page.getByRole('button', { name: 'Cancel' }).last().click();
    },
    async commandActivity(name) {
      await page.getByRole('button', { name, exact: true }).first().click();
      await page.locator('dialog[open]').getByRole('button', { name, exact: true }).click();
    },
  };
}
