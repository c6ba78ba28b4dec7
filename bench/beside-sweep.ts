// Promotes the same images twice: alone, and beside a replication of signatures that uses all of its share of every host.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { renderTable } from '../src/client/text-table.ts';
import type { Environment } from './contender.ts';
import type { Measured } from './measured.ts';
import { entriesOf, warmPromoter } from './promoter.ts';
import { startRegistryProcess, type RegistryProcess } from './registry-process.ts';
import { signedLines } from './sweep/signed.ts';
import { writeFiles } from './work/files.ts';
import { loadWork } from './work/loading.ts';
import { edgesOf, edgesPresent } from './work/outcome.ts';
import { isSizeName, SIZES } from './work/size.ts';
import { makeWork, PRODUCTION, type Work } from './work/work.ts';

const START = 'start';
/** Requests of the sweep after which it is under way. */
const UNDER_WAY = 100;
const POLL_MS = 100;

interface Turn {
  readonly measured: Measured;
  readonly throttled: number;
  readonly requests: number;
  readonly edges: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rate: { type: 'string', default: '83' }, built: { type: 'boolean', default: false } },
});
const [size = 'M'] = positionals;
if (!isSizeName(size)) throw new Error(`'${size}' is none of ${Object.keys(SIZES).join(', ')}`);
const rate = Number(values.rate);
const entries = entriesOf(values.built);
const folder = await mkdtemp(join(tmpdir(), 'bench-sweep-'));
const registry = await startRegistryProcess(SIZES[size].mirrors + 1);
const [staging = '', ...mirrors] = registry.hosts;
const work = makeWork(SIZES[size], staging, mirrors);
// So many signatures that replicating them takes longer than the promotion.
const swept = makeWork({ ...SIZES[size], digests: 3 * SIZES[size].digests }, staging, mirrors, 'swept');
try {
  const files = await filesOf(work, 'promoted');
  const { manifests } = await filesOf(swept, 'swept');
  await loadWork(registry, work, false);
  await registry.load(signedLines(swept));
  await registry.snapshot(START);
  const promoter = await warmPromoter(folder, 1, entries, {
    PROMOTER_REQUESTS_PER_SECOND: String(rate),
    PROMOTER_CANONICAL_HOST: mirrors[0] ?? '',
    PROMOTER_IDENTITIES: `${PRODUCTION}=registry.example.test`,
  });
  let sweep: ChildProcess | undefined;
  try {
    const turn = async (name: string, beside: (environment: Environment) => Promise<void>): Promise<Turn> => {
      const own = join(folder, name);
      await mkdir(own);
      await registry.restore(START);
      const measured = await promoter.run({
        files,
        folder: own,
        timeoutMs: 3_600_000,
        async begin(environment = {}) {
          await registry.settings({ rate, rateScope: 'host' });
          await registry.reset();
          await beside(environment);
        },
      });
      const { throttled, requests } = await registry.counts();
      await registry.settings({ rate: 0 });
      return { measured, throttled, requests, edges: await edgesPresent(registry, work) };
    };
    const alone = await turn('alone', async () => undefined);
    const beside = await turn('beside', async (environment) => {
      sweep = startSweep(environment, manifests);
      await underWay(registry, sweep);
    });
    if (sweep?.exitCode !== null) throw new Error('the sweep ended before the promotion did, so nothing was measured');
    process.stdout.write(tableOf(alone, beside));
  } finally {
    if (sweep?.exitCode === null && sweep.kill('SIGKILL')) await once(sweep, 'exit');
    await promoter.close?.();
  }
} finally {
  await registry.stop();
  await rm(folder, { recursive: true, force: true });
}

async function filesOf(made: Work, name: string) {
  const own = join(folder, name);
  await mkdir(own);
  return writeFiles(made, own);
}

function startSweep(environment: Environment, manifests: string): ChildProcess {
  const args = ['cip', 'replicate-signatures', `--thin-manifest-dir=${manifests}`, '--confirm'];
  return spawn(process.execPath, [entries.client, ...args], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function underWay(registry: RegistryProcess, sweep: ChildProcess): Promise<void> {
  while ((await registry.counts()).requests < UNDER_WAY) {
    if (sweep.exitCode !== null) throw new Error(`the sweep ended at once, with ${sweep.exitCode}`);
    await delay(POLL_MS);
  }
}

function tableOf(alone: Turn, beside: Turn): string {
  const rows = [
    ['alone', alone],
    ['beside a sweep', beside],
  ] as const;
  const cells = rows.map(([name, { measured, requests, throttled, edges }]) => [
    name,
    (measured.wallMs / 1000).toFixed(1),
    (measured.wallMs / alone.measured.wallMs).toFixed(2),
    requests.toLocaleString('en'),
    String(throttled),
    `${edges}/${edgesOf(work)} edges, exit ${measured.exitCode ?? 'none'}`,
  ]);
  return renderTable([`${size}, ${rate} requests/s for each host`, 'wall s', '×', 'requests', '429', 'outcome'], cells);
}
