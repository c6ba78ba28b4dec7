import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const MIB = 2 ** 20;

/** Fills memory with what dies young, in a thread too; says what it was started with and how large young generations got. */
const PROGRAM = `
  import { getHeapSpaceStatistics } from 'node:v8';
  import { Worker } from 'node:worker_threads';
  import { limitHeap } from ${JSON.stringify(new URL('../../src/worker/heap.ts', import.meta.url))};
  import { restartAsWorker } from ${JSON.stringify(new URL('../../src/worker/restart.ts', import.meta.url))};
  const [what, ...rest] = process.argv.slice(1);
  if (what === 'restart') restartAsWorker();
  if (what === 'limit') limitHeap();
  function youngGeneration() {
    const live = [];
    for (let i = 0; i < 3_000_000; i++) {
      live.push({ i });
      if (live.length > 200_000) live.length = 0;
    }
    return getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size;
  }
  const inThread = \`const { parentPort } = require('node:worker_threads');
    const { getHeapSpaceStatistics } = require('node:v8');
    \${youngGeneration}
    parentPort.postMessage(youngGeneration());\`;
  const young = youngGeneration();
  new Worker(inThread, { eval: true, execArgv: [] }).on('message', (youngInThread) =>
    console.log(JSON.stringify({ pid: process.pid, flags: process.execArgv, rest, young, youngInThread })),
  );
`;

interface Said {
  readonly pid: number;
  readonly flags: readonly string[];
  readonly rest: readonly string[];
  /** Bytes. */
  readonly young: number;
  readonly youngInThread: number;
}

async function run(what: string, env: Readonly<Record<string, string>> = {}): Promise<Said & { child: number }> {
  const running = promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--stack-size=900', '--eval', PROGRAM, '--', what, 'an argument'],
    { env: { ...process.env, NODE_OPTIONS: '', ...env } },
  );
  const { stdout, stderr } = await running;
  assert.equal(stderr, '');
  return { ...(JSON.parse(stdout) as Said), child: running.child.pid ?? 0 };
}

describe('the heap of a worker', () => {
  it('is limited in the same process, which keeps its arguments and flags', async () => {
    const { pid, child, flags, rest, young } = await run('restart');
    assert.equal(pid, child);
    assert.ok(flags.includes('--stack-size=900'));
    assert.deepEqual(rest, ['an argument']);
    assert.ok(young <= 3 * 4 * MIB, `${young} bytes`);
  });

  it('is limited in threads that start later, where it cannot be in the main one', async () => {
    const [free, limited] = [await run('nothing'), await run('limit')];
    assert.ok(free.youngInThread > 3 * 4 * MIB, `${free.youngInThread} bytes`);
    assert.ok(limited.youngInThread <= 3 * 4 * MIB, `${limited.youngInThread} bytes`);
  });

  it('is left to who limits it otherwise', async () => {
    const { flags, young } = await run('restart', { NODE_OPTIONS: '--max-semi-space-size=2' });
    assert.ok(!flags.join(' ').includes('semi-space'));
    assert.ok(young <= 3 * 2 * MIB, `${young} bytes`);
  });
});
