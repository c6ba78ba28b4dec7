import assert from 'node:assert/strict';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { isAlive, startOf } from '../../src/stack/file-lock.ts';
import { findProgram } from '../../src/stack/programs.ts';
import { readStackConfig, type StackConfig } from '../../src/stack/stack-config.ts';
import { startStack, type Stack, type StackDescription } from '../../src/stack/stack.ts';
import { startTemporal, type TemporalServer } from '../../src/stack/temporal.ts';
import { runScript } from '../support/script.ts';

// temporal.api.enums.v1.IndexedValueType
const VALUE_TYPES: ReadonlyMap<number, string> = new Map([
  [2, 'Keyword'],
  [7, 'KeywordList'],
]);

describe('the development stack', () => {
  let folder: string;
  let config: StackConfig;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stack-test-'));
    config = { ...(await readStackConfig()), sigstore: { profile: 'off' } };
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('answers at every address of stack.json, and is gone when it is stopped', async () => {
    const stack = await start('one', { ...config, sigstore: { profile: 'light' } });
    const alive = await Promise.all(stack.processes.map(({ pid }) => identify(pid)));
    try {
      const described = JSON.parse(await readFile(stack.file, 'utf8')) as StackDescription;
      const { staging, canonical, mirrors } = described.registries;
      assert.equal(mirrors.length, 2);
      for (const host of [staging, canonical, ...mirrors]) {
        assert.equal((await fetch(`http://${host}/v2/`)).status, 200, host);
      }
      assert.match(await (await fetch(described.temporal.uiUrl ?? '')).text(), /<html/);
      await access(described.sigstore?.trustedRootFile ?? '');
      await access(described.sigstore?.signingConfigFile ?? '');
      assert.deepEqual(await attributesOf(described), config.temporal.searchAttributes);
    } finally {
      await stack.stop();
    }
    for (const program of alive) assert.ok(!(await isAlive(program)));
    await assert.rejects(access(stack.file));
  });

  it('runs beside another one, and not twice in one folder', async () => {
    const preferred = { ...config, temporal: { ...config.temporal, uiPort: 'headless' as const } };
    const stacks = await Promise.all(
      ['one', 'two'].map((name) => startStack(preferred, { stateDirectory: join(folder, name), ports: 'preferred' })),
    );
    try {
      const addresses = stacks.flatMap(({ temporal, registries: { staging, canonical, mirrors } }) => [
        temporal.address,
        staging,
        canonical,
        ...mirrors,
      ]);
      assert.deepEqual([...new Set(addresses)], addresses);
      await assert.rejects(start('one'), {
        code: 'StackFailed',
        message: new RegExp(`one is in use: process ${process.pid} is running a development stack there`),
      });
    } finally {
      await Promise.all(stacks.map((stack) => stack.stop()));
    }
  });

  it('leaves nothing running when a part does not start', async () => {
    const starting = startStack(config, {
      stateDirectory: join(folder, 'one'),
      ports: 'free',
      findProgram: async (name) => (name === 'temporal' ? '/bin/false' : findProgram(name)),
    });
    await assert.rejects(starting, { code: 'StackFailed', message: /Temporal server did not start: .* exit code 1/ });
    const again = await start('one');
    await again.stop();
  });

  it('keeps what the Temporal server was told when that is killed', async () => {
    const files = { databaseFile: join(folder, 'temporal.db'), logFile: join(folder, 'temporal.log') };
    const first = await startTemporal({ ...files, uiPort: 'headless' });
    await inClient(first, (client) =>
      client.workflow.start('promotion', {
        workflowId: 'kept',
        taskQueue: 'nobody',
        args: [{ manifests: 'sha256:…' }],
      }),
    );
    await first.kill();
    const second = await startTemporal({ ...files, uiPort: 'headless' });
    try {
      const { status } = await inClient(second, (client) => client.workflow.getHandle('kept').describe());
      assert.equal(status.name, 'RUNNING');
    } finally {
      await second.stop();
    }
  });

  for (const { how, signal, exit } of [
    { how: 'stops clean on Ctrl-C', signal: 'SIGINT' as const, exit: 0 },
    { how: 'ends with everything when it is killed', signal: 'SIGKILL' as const, exit: 'SIGKILL' },
  ]) {
    it(`started by npm run dev ${how}`, async () => {
      const dev = runScript('src/stack/dev.ts', ['--state', folder, '--ports', 'free', '--json']);
      const printed = await dev.printed((stdout) => stdout.endsWith('}\n'));
      const { processes } = JSON.parse(printed) as StackDescription;
      const started = await Promise.all(processes.map(({ pid }) => identify(pid)));
      for (const program of started) assert.ok(await isAlive(program));
      dev.child.kill(signal);
      const ended = await dev.ended;
      assert.equal(ended.exit, exit, ended.stderr);
      for (const program of started) while (await isAlive(program)) await delay(10);
    });
  }

  function start(name: string, what = config): Promise<Stack> {
    return startStack(what, { stateDirectory: join(folder, name), ports: 'free' });
  }
});

describe('npm run demo', () => {
  it('promotes, and finds everything there when it is run again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'demo-test-'));
    const args = ['--state', folder, '--ports', 'free'];
    try {
      const first = await runScript('src/stack/demo.ts', args).ended;
      assert.equal(first.exit, 0, first.stderr);
      assert.match(first.stdout, /15 edges: \d+ manifests and \d+ blobs written/);
      assert.match(first.stdout, /all 15 are as in staging/);
      const second = await runScript('src/stack/demo.ts', args).ended;
      assert.equal(second.exit, 0, second.stderr);
      assert.match(second.stdout, /nothing was copied: everything is there already/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

async function attributesOf({ temporal }: StackDescription): Promise<Record<string, string>> {
  const connection = await Connection.connect({ address: temporal.address });
  try {
    const { namespace } = temporal;
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const ours = Object.entries(customAttributes ?? {}).filter(([name]) => name.startsWith('Promoter'));
    return Object.fromEntries(ours.map(([name, type]) => [name, VALUE_TYPES.get(type) ?? `type ${type}`]));
  } finally {
    await connection.close();
  }
}

async function inClient<Result>(server: TemporalServer, use: (client: Client) => Promise<Result>): Promise<Result> {
  const connection = await Connection.connect({ address: server.address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

async function identify(pid: number): Promise<{ readonly pid: number; readonly started: string | undefined }> {
  return { pid, started: await startOf(pid) };
}
