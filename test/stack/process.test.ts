import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { access, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, startOf } from '../../src/stack/file-lock.ts';
import { type ProcessOptions, type RunningProcess, startProcess } from '../../src/stack/process.ts';

describe('a program that is started', () => {
  let folder: string;
  let logFile: string;
  let readyFile: string;
  let running: RunningProcess | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'process-test-'));
    logFile = join(folder, 'logs', 'program.log');
    readyFile = join(folder, 'ready');
    running = undefined;
  });

  afterEach(async () => {
    await running?.kill();
    await rm(folder, { recursive: true });
  });

  it('is awaited until it is ready, and writes into its log', async () => {
    running = await startShell('echo begun; touch "$READY"; sleep 60');
    assert.equal(await readFile(logFile, 'utf8'), 'begun\n');
    assert.equal((await stat(logFile)).mode & 0o077, 0);
    assert.ok(await isAlive(await identify(running.pid)));
  });

  it('ends when it is stopped', async () => {
    running = await startShell('touch "$READY"; exec sleep 60');
    const started = await identify(running.pid);
    await running.stop();
    assert.deepEqual(await running.exited, { code: null, signal: 'SIGTERM' });
    assert.ok(!(await isAlive(started)));
  });

  it('may take its time to stop', async () => {
    running = await startShell(`trap 'sleep 0.1; echo bye; exit 0' TERM; touch "$READY"; while :; do sleep 0.01; done`);
    await running.stop();
    assert.deepEqual(await running.exited, { code: 0, signal: null });
    assert.equal(await readFile(logFile, 'utf8'), 'bye\n');
  });

  it('is killed with what it started when it does not stop', async () => {
    running = await startShell(`trap '' TERM; sleep 60 & echo $!; touch "$READY"; wait; sleep 60`, { stopGraceMs: 50 });
    const started = await identify(Number(await readFile(logFile, 'utf8')));
    await running.stop();
    assert.deepEqual(await running.exited, { code: null, signal: 'SIGKILL' });
    await until(async () => !(await isAlive(started)));
  });

  it('may have ended by itself when it is stopped', async () => {
    running = await startShell('touch "$READY"; while [ -e "$READY" ]; do sleep 0.01; done; exit 3');
    await rm(readyFile);
    assert.deepEqual(await running.exited, { code: 3, signal: null });
    await running.stop();
  });

  it('that ends too early is reported with the end of what it wrote this time', async () => {
    const earlier = await startShell('echo of earlier; touch "$READY"; exec sleep 60');
    await earlier.kill();
    await rm(readyFile);
    await assert.rejects(startShell('seq 100; echo no such option >&2; exit 2'), (error: Error) => {
      assert.match(error.message, /^program did not start: it ended with exit code 2\nthe end of .*program\.log:\n/);
      assert.match(error.message, /  100\n  no such option$/);
      assert.doesNotMatch(error.message, /of earlier|^  1$/m);
      return true;
    });
  });

  it('that never gets ready is reported with the last reason, and killed', async () => {
    let program: Identity | undefined;
    const starting = startShell('echo $$; exec sleep 60', {
      startTimeoutMs: 200,
      ready: async () => {
        program ??= await identify(Number(await readFile(logFile, 'utf8')));
        throw new Error('connection refused');
      },
    });
    await assert.rejects(starting, { code: 'StackFailed', message: /not ready after 0\.2 s \(connection refused\)/ });
    assert.ok(program !== undefined && !(await isAlive(program)));
  });

  it('that is not there is reported', async () => {
    const starting = startProcess({ ...shell(''), program: join(folder, 'nothing') });
    await assert.rejects(starting, { code: 'StackFailed', message: /^program did not start: spawn .*ENOENT/ });
  });

  it('ends when we are killed', async () => {
    const source = `
      import { startProcess } from ${JSON.stringify(new URL('../../src/stack/process.ts', import.meta.url).href)};
      const running = await startProcess({ name: 'sleep', program: 'sleep', args: ['60'],
        logFile: ${JSON.stringify(logFile)}, ready: async () => true });
      process.stdout.write(String(running.pid));
      setInterval(() => undefined, 1000);`;
    const script = join(folder, 'parent.ts');
    await writeFile(script, source);
    const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = await new Promise<number>((resolve) => parent.stdout.once('data', (data) => resolve(Number(data))));
    const started = await identify(pid);
    assert.ok(await isAlive(started));
    parent.kill('SIGKILL');
    await until(async () => !(await isAlive(started)));
  });

  function startShell(script: string, options: Partial<ProcessOptions> = {}): Promise<RunningProcess> {
    return startProcess({ ...shell(script), ...options });
  }

  function shell(script: string): ProcessOptions {
    return {
      name: 'program',
      program: '/bin/sh',
      args: ['-c', script],
      env: { READY: readyFile },
      logFile,
      ready: () => access(readyFile).then(() => true),
    };
  }
});

interface Identity {
  readonly pid: number;
  readonly started: string | undefined;
}

async function identify(pid: number): Promise<Identity> {
  return { pid, started: await startOf(pid) };
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(10);
}
