import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CANARY = 'canary-in-the-environment';

/** Fills the memory until it ends. */
const PROGRAM = `
  import { restartAsWorker } from ${JSON.stringify(new URL('../../src/worker/restart.ts', import.meta.url))};
  if (process.argv[1] === 'worker') restartAsWorker();
  const all = [];
  for (;;) all.push({ filling: new Array(1_000).fill(1.1) });
`;

describe('a worker that runs out of memory', () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'crash-report-'))));
  afterEach(() => rm(folder, { recursive: true }));

  /** What Node reported when a program died. */
  async function reportOf(what: 'worker' | 'program'): Promise<string> {
    const flags = ['--report-on-fatalerror', `--report-directory=${folder}`, '--max-old-space-size=30'];
    const child = spawn(process.execPath, [...flags, '--input-type=module', '--eval', PROGRAM, '--', what], {
      env: { ...process.env, NODE_OPTIONS: '', SECRET: CANARY },
      cwd: folder,
      stdio: 'ignore',
    });
    await once(child, 'close');
    const [report, ...others] = (await readdir(folder)).filter((name) => name.startsWith('report.'));
    assert.deepEqual(others, []);
    return readFile(join(folder, report ?? 'no report'), 'utf8');
  }

  it('leaves no secret of its environment in Node’s report', async () => {
    const report = await reportOf('worker');
    assert.match(report, /"event": "Allocation failed - JavaScript heap out of memory"|OOMError/);
    assert.ok(!report.includes(CANARY));
  });

  it('would without being started for it', async () => {
    assert.ok((await reportOf('program')).includes(CANARY));
  });
});
