import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { renderPage } from '../../src/client/report/page.ts';
import { packageRoot } from '../../src/stack/program-list.ts';
import { sampleFacts } from '../client/report/sample-facts.ts';
import { needChromium, launchChromium } from '../support/chromium.ts';

const HOSTILE = `"'><script>window.ran = true</script><img src=x onerror="window.ran = true">`;

describe('a report page in a browser', () => {
  let browser: Browser;
  let folder: string;

  before(async function () {
    const chromium = await needChromium(this);
    folder = await mkdtemp(join(tmpdir(), 'report-'));
    browser = await launchChromium(chromium);
  });

  after(async () => {
    await browser?.close();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  async function open(page: Page, run: Parameters<typeof sampleFacts>[0]): Promise<void> {
    const file = join(folder, 'report.html');
    await writeFile(file, renderPage(sampleFacts(run)));
    await page.goto(pathToFileURL(file).href);
  }

  /** Red, green and blue of a colour as Chromium computes it, added up. */
  async function brightness(page: Page, selector: string, property: string): Promise<number> {
    const style = `getComputedStyle(document.querySelector('${selector}')).getPropertyValue('${property}')`;
    const colour = await page.evaluate<string>(style);
    return (colour.match(/\d+(?:\.\d+)?/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0);
  }

  it('runs nothing and fetches nothing that a manifest or a registry slipped in', async () => {
    const page = await browser.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await open(page, { text: HOSTILE, edges: 6, hosts: 2 });
    assert.equal(asked.length, 1, 'the page itself');
    assert.equal(await page.evaluate(() => 'ran' in globalThis), false);
    assert.equal(await page.locator('script, img').count(), 0);
    assert.ok((await page.locator('h1').textContent())?.endsWith(HOSTILE), 'people read what it is');
    for (const href of await page.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href')))) {
      assert.match(href ?? '', /^https:/);
    }
    await page.close();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`is readable in ${colorScheme}, and prints black on white`, async () => {
      const page = await browser.newPage({ colorScheme, viewport: { width: 1100, height: 1000 } });
      await open(page, { text: '', edges: 300, hosts: 4 });
      const [text, back] = [
        await brightness(page, 'body', 'color'),
        await brightness(page, 'body', 'background-color'),
      ];
      assert.ok(colorScheme === 'dark' ? text - back > 500 : back - text > 500, `${text} on ${back}`);
      const [names, bars] = [
        await brightness(page, 'svg text.name', 'fill'),
        await brightness(page, 'svg rect.requests', 'fill'),
      ];
      assert.ok(Math.abs(names - back) > 500 && Math.abs(bars - back) > 150, `${names} and ${bars} on ${back}`);
      if (process.env['SCREENSHOTS'] === 'yes' && colorScheme === 'light') {
        await page.screenshot({ path: join(packageRoot(), 'docs', 'images', 'report-page.png') });
      }
      await page.emulateMedia({ media: 'print' });
      assert.ok((await brightness(page, 'body', 'color')) < 150);
      assert.equal(await brightness(page, 'body', 'background-color'), 3 * 255);
      await page.close();
    });
  }

  for (const width of [400, 1400]) {
    it(`is not wider than a window of ${width} pixels`, async () => {
      const page = await browser.newPage({ viewport: { width, height: 900 } });
      await open(page, { text: 'x'.repeat(200), edges: 40, hosts: 30 });
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width);
      await page.close();
    });
  }

  it('draws the bars of phases and requests within the chart', async () => {
    const page = await browser.newPage({ viewport: { width: 1100, height: 1000 } });
    await open(page, { text: '', edges: 6, hosts: 3 });
    const bars = await page.locator('svg rect').evaluateAll((rects) =>
      rects.map((rect) => {
        const box = rect.getBoundingClientRect();
        const chart = rect.closest('svg')?.getBoundingClientRect() ?? box;
        return (
          box.width > 0 &&
          box.height > 0 &&
          box.left >= chart.left &&
          box.right <= chart.right &&
          box.top >= chart.top &&
          box.bottom <= chart.bottom
        );
      }),
    );
    assert.ok(bars.length > 100);
    assert.ok(bars.every(Boolean));
    assert.equal(await page.locator('svg rect.phase').count(), 6, 'all that began');
    assert.ok((await page.locator('svg rect.throttled').count()) > 0);
    await page.close();
  });
});
