import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import type { Context } from 'mocha';
import { chromium, type Browser } from 'playwright-core';

const PLACES = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where a Chromium is, if there is one: `CHROMIUM` names another. */
async function findChromium(): Promise<string | undefined> {
  for (const path of PLACES) {
    if (path === undefined || path === '') continue;
    const found = await access(path).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

/** Where a Chromium is; without one the tests of whoever asks are skipped, but for CI, where one has to be. */
export async function needChromium(test: Context): Promise<string> {
  const path = await findChromium();
  if (path !== undefined) return path;
  assert.notEqual(process.env['CI'], 'true', 'CI has to have a Chromium: .ci/run installs one');
  return test.skip();
}

/** Starts a headless Chromium. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}
