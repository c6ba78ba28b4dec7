import { appendFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Contender } from './contender.ts';
import { usageOf } from './measured.ts';
import { readOptions, type BenchOptions } from './options.ts';
import { findPeers } from './peers.ts';
import { entriesOf, selfContainedPromoter, warmPromoter } from './promoter.ts';
import { startRegistryProcess, type RegistryProcess } from './registry-process.ts';
import { resultOf, type Result } from './result.ts';
import { renderResults } from './table.ts';
import { writeFiles, type WorkFiles } from './work/files.ts';
import { floorOf } from './work/floor.ts';
import { loadWork } from './work/loading.ts';
import { edgesOf, edgesPresent } from './work/outcome.ts';
import { SIZES } from './work/size.ts';
import { makeWork, type Work } from './work/work.ts';

interface Bench {
  readonly options: BenchOptions;
  readonly registry: RegistryProcess;
  readonly work: Work;
  readonly files: WorkFiles;
  readonly floor: number;
  readonly folder: string;
}

const START = 'start';

async function runBench(options: BenchOptions, folder: string): Promise<readonly Result[]> {
  const size = SIZES[options.size];
  const registry = await startRegistryProcess(size.mirrors + 1);
  const contenders: Contender[] = [];
  try {
    const [staging = '', ...mirrors] = registry.hosts;
    const work = makeWork(size, staging, mirrors);
    const files = await writeFiles(work, folder);
    await loadWork(registry, work, options.unchanged);
    await registry.snapshot(START);
    const fresh = floorOf(work);
    const floor = options.unchanged ? fresh.lists : fresh.total;
    const { repositories, digests, mirrors: count } = size;
    note(`${options.size}: ${digests} digests in ${repositories} repositories to ${count} mirrors, floor ${floor}`);
    contenders.push(...(await contendersOf(options, folder)));
    const results: Result[] = [];
    for (const contender of contenders) {
      const result = await tryOut({ options, registry, work, files, floor, folder }, contender);
      note(renderResults([result]).split('\n')[1] ?? '');
      results.push(result);
    }
    return results;
  } finally {
    for (const contender of contenders) await contender.close?.();
    await registry.stop();
  }
}

async function contendersOf(options: BenchOptions, folder: string): Promise<readonly Contender[]> {
  const { peers, workers, built } = options;
  const entries = entriesOf(built);
  const own = [
    ...(peers.includes('promoter') ? [await warmPromoter(folder, workers, entries)] : []),
    ...(peers.includes('self-contained') ? [selfContainedPromoter(entries)] : []),
  ];
  return [...own, ...(await findPeers(peers))];
}

async function tryOut(bench: Bench, contender: Contender): Promise<Result> {
  const { options, registry, work, files, floor } = bench;
  const { latency, rate, perHost, singlePost, timeout } = options;
  const folder = join(bench.folder, contender.name.replaceAll(/\W+/g, '-'));
  await mkdir(folder);
  await registry.restore(START);
  let idleMs = 0;
  const measured = await contender.run({
    files,
    folder,
    timeoutMs: timeout * 1000,
    async begin() {
      await registry.settings({ latencyMs: latency, rate, rateScope: perHost ? 'host' : 'all', singlePost });
      await registry.reset();
      idleMs = await cpuMsOf(registry);
    },
  });
  const registryMs = (await cpuMsOf(registry)) - idleMs;
  const counts = await registry.counts();
  await registry.settings({ latencyMs: 0, rate: 0 });
  const [edges, edgesWanted] = [await edgesPresent(registry, work), edgesOf(work)];
  const byProcess = { ...measured, cpuMsOf: { ...measured.cpuMsOf, registry: registryMs } };
  return resultOf({ tool: contender.name, options, floor, measured: byProcess, counts, edges, edgesWanted });
}

async function cpuMsOf({ pid }: RegistryProcess): Promise<number> {
  return (await usageOf(pid))?.cpuMs ?? Number.NaN;
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

const options = readOptions(process.argv.slice(2));
const folder = await mkdtemp(join(tmpdir(), 'bench-'));
try {
  const results = await runBench(options, folder);
  process.stdout.write(`\n${renderResults(results)}`);
  if (options.json !== undefined) {
    await appendFile(options.json, results.map((result) => `${JSON.stringify(result)}\n`).join(''));
  }
} finally {
  if (options.keep) note(`logs are in ${folder}`);
  else await rm(folder, { recursive: true, force: true });
}
