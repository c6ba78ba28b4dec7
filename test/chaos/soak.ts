import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeThrown } from '../../src/client/failure-text.ts';
import { startArena, type Arena } from './support/arena.ts';
import { FAULT_CASES, faultsOf } from './support/fault-cases.ts';
import { tryFault } from './support/fault-trial.ts';
import { tryPromotion } from './support/promotion-trial.ts';
import { figuresOf, sizeOf, type ProcessFigures } from './support/process-figures.ts';
import { noteResult, type SoakSample } from './support/record.ts';
import { prepareSweeps, SIGNED, trySweep } from './support/sweep-trial.ts';

const AT_ONCE = 4;
const MIB = 1024 * 1024;
/** What a worker may have grown by between the first third of a soak and its last. */
const GROWTH = { residentBytes: 150 * MIB, descriptors: 50 };

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '30' } } });
const minutes = Number(values.minutes);
const faults = FAULT_CASES.filter(({ quick }) => quick);

/** Some promotions side by side, half of them signed, each with a fault or none; then a sweep. */
async function runRound(arena: Arena, round: number): Promise<readonly string[]> {
  const promotions = Array.from({ length: AT_ONCE }, async (_, at) => {
    const one = faults[Math.floor(Math.random() * (faults.length + 1))];
    const options = { sign: at % 2 === 0, ...(one === undefined ? {} : { faults: faultsOf(one) }) };
    // One that fails is wrong like anything else; the others, and the soak, go on.
    const { wrong } = await tryFault(arena, `soak-${round}-${at}`, options).catch((error: unknown) => ({
      wrong: [describeThrown(error)],
    }));
    return wrong.map((what) => `${one?.fault ?? 'no fault'}: ${what}`);
  });
  const wrong = (await Promise.all(promotions)).flat();
  const sweep = await trySweep(arena, `soak-${round}`);
  return [...wrong, ...sweep.wrong];
}

async function sampleOf(arena: Arena, startedAt: number, promotions: number): Promise<SoakSample> {
  const { pool, directory, environment } = arena;
  return {
    minute: (Date.now() - startedAt) / 60_000,
    promotions,
    ...(await figuresOf(pool.worker().pid)),
    databaseBytes: (await stat(join(directory, 'temporal.db'))).size,
    storeBytes: await sizeOf(environment['PROMOTER_PLAN_STORE'] ?? ''),
  };
}

function medianOf(samples: readonly SoakSample[], figure: keyof ProcessFigures): number {
  const sorted = samples.map((sample) => sample[figure]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** What has grown as if something were kept. */
function growthIn(samples: readonly SoakSample[]): readonly string[] {
  const third = Math.max(1, Math.floor(samples.length / 3));
  return (['residentBytes', 'descriptors'] as const).flatMap((figure) => {
    const [first, last] = [medianOf(samples.slice(0, third), figure), medianOf(samples.slice(-third), figure)];
    return last - first > GROWTH[figure] ? [`${figure} grew from ${first} to ${last}`] : [];
  });
}

function show({ minute, promotions, residentBytes, descriptors, spooledBytes, databaseBytes, storeBytes }: SoakSample) {
  const mib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`;
  process.stdout.write(
    `${minute.toFixed(1)} min: ${promotions} promotions; worker ${mib(residentBytes)}, ${descriptors} descriptors, ` +
      `spool ${mib(spooledBytes)}; database ${mib(databaseBytes)}, plan store ${mib(storeBytes)}\n`,
  );
}

const arena = await startArena();
const samples: SoakSample[] = [];
const wrong: string[] = [];
try {
  const first = await tryPromotion(arena, SIGNED);
  wrong.push(...first.wrong);
  await prepareSweeps(arena);
  const startedAt = Date.now();
  let promotions = 0;
  for (let round = 1; Date.now() - startedAt < minutes * 60_000; round++) {
    wrong.push(...(await runRound(arena, round)));
    promotions += AT_ONCE;
    const sample = await sampleOf(arena, startedAt, promotions);
    samples.push(sample);
    show(sample);
  }
} finally {
  await arena.stop();
}
wrong.push(...growthIn(samples));
await noteResult({ kind: 'soak', minutes, samples, wrong });
for (const what of wrong) process.stderr.write(`${what}\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
