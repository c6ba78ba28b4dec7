// Replicates signatures, run after run, and says what each run asked of the registries; half an hour takes no time.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createReplicationActivities } from '../src/activities/index.ts';
import { renderTable } from '../src/client/text-table.ts';
import { PromoterError } from '../src/errors.ts';
import { bundleBytes } from '../src/manifest/bundle.ts';
import { readBundle } from '../src/manifest/bundle-reader.ts';
import { openFolderStore } from '../src/plan/folder-store.ts';
import { hostOf, pathOf } from '../src/reference.ts';
import { createRegistry } from '../src/registry/client.ts';
import { createCopier } from '../src/registry/copy.ts';
import { createAttachmentLocks } from '../src/signing/attachment-locks.ts';
import type { ReplicationTally } from '../src/workflows/replication-messages.ts';
import { addTally, BLANK_TALLY } from '../src/workflows/replication-report.ts';
import type { Counts } from './registry/counters.ts';
import { startRegistryProcess } from './registry-process.ts';
import { signedLines } from './sweep/signed.ts';
import { writeFiles } from './work/files.ts';
import { isSizeName, SIZES } from './work/size.ts';
import { makeWork } from './work/work.ts';

const HALF_HOUR = 30 * 60_000;
const DAY = 48 * HALF_HOUR;
const SIGNED_PERCENT = 43;

interface Run {
  readonly counts: Counts;
  readonly tally: ReplicationTally;
  readonly seconds: number;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { days: { type: 'string', default: '2' } },
});
const [size = 'L'] = positionals;
if (!isSizeName(size)) throw new Error(`'${size}' is none of ${Object.keys(SIZES).join(', ')}`);
const later = Math.round(Number(values.days) * 48);
const folder = await mkdtemp(join(tmpdir(), 'bench-replication-'));
const servers = await startRegistryProcess(SIZES[size].mirrors + 2);
const [staging = '', ...production] = servers.hosts;
const work = makeWork(SIZES[size], staging, production);
const registry = createRegistry();
// The day's first run reads back; at noon that is half a day away.
let now = Math.floor(Date.now() / DAY) * DAY + DAY / 2;
try {
  await servers.load(signedLines(work, SIGNED_PERCENT));
  const replicate = await startReplication();
  const first = await replicate();
  const runs: Run[] = [];
  while (runs.length <= later) {
    now += HALF_HOUR;
    runs.push(await replicate());
  }
  process.stdout.write(tableOf(first, runs));
} finally {
  await registry.close();
  await servers.stop();
  await rm(folder, { recursive: true, force: true });
}

/** Runs a replication by its activities alone, so that its clock can be set. */
async function startReplication(): Promise<() => Promise<Run>> {
  const store = await openFolderStore(join(folder, 'store'));
  const files = join(folder, 'files');
  await mkdir(files);
  const { manifests: path } = await writeFiles(work, files);
  const { bundle } = await readBundle({ kind: 'thin', directory: path });
  const manifests = await store.put(bundleBytes(bundle));
  const activities = createReplicationActivities({
    registry,
    store,
    copier: createCopier(registry, { spool: { directory: join(folder, 'spool') } }),
    pushReferrer: (...push) => registry.pushReferrer(...push),
    locks: createAttachmentLocks(),
    trust: () => Promise.reject(new PromoterError('TrustRootInvalid', 'nothing is verified here')),
    naming: {
      identityOf: pathOf,
      canonicalOf: (repositories) => {
        const canonical = repositories.find((one) => hostOf(one) === production[0]);
        if (canonical === undefined) throw new Error('every image is on the canonical host');
        return canonical;
      },
    },
    fetchManifests: () => Promise.reject(new PromoterError('GitUnavailable', 'nothing is fetched here')),
    settled: () => undefined,
    now: () => now,
  });
  const perform = <I, O>(activity: (input: I) => Promise<O>, input: I): Promise<O> =>
    new MockActivityEnvironment().run<[I], O, typeof activity>(activity, input);
  let run = 0;
  return async () => {
    run += 1;
    await servers.reset();
    const began = performance.now();
    const draft = await perform(activities.draftReplication, { request: { manifests, confirm: true } });
    const tallies: ReplicationTally[] = [];
    for (let shard = 0; shard < draft.shards; shard++) {
      tallies.push(await perform(activities.replicateShard, { ...draft, run: `run-${run}`, shard }));
    }
    const seconds = (performance.now() - began) / 1000;
    return { counts: await servers.counts(), tally: tallies.reduce(addTally, BLANK_TALLY), seconds };
  };
}

function tableOf(first: Run, runs: readonly Run[]): string {
  const header = ['', 'requests', 'listings', 'manifests read', 'blobs read', 'writes', 'read back', 'wall s'];
  const rows = [
    ['first sweep', ...cellsOf(first)],
    ['the run after it', ...cellsOf(runs[0])],
    [`${values.days} days later`, ...cellsOf(runs.at(-1))],
    ['the run of a day that reads back', ...cellsOf(runs.toSorted((a, b) => b.counts.requests - a.counts.requests)[0])],
  ];
  const requests = runs.map(({ counts }) => counts.requests).toSorted((a, b) => a - b);
  const median = requests[Math.floor(requests.length / 2)];
  const mean = requests.reduce((sum, count) => sum + count, 0) / requests.length;
  const { repositories, digests } = SIZES[size as keyof typeof SIZES];
  const title = `${repositories} repositories, ${digests} digests, ${SIGNED_PERCENT} % signed, ${production.length - 1} mirrors`;
  return `${title}\n\n${renderTable(header, rows)}\nall ${runs.length} runs after the first: ${requests[0]} to ${requests.at(-1)} requests, ${median} in most, ${mean.toFixed(1)} on average\n`;
}

function cellsOf(run: Run | undefined): readonly string[] {
  if (run === undefined) return [];
  const { counts, tally, seconds } = run;
  const of = (...classes: readonly (keyof Counts['class'])[]): string =>
    classes.reduce((sum, one) => sum + (counts.class[one] ?? 0), 0).toLocaleString('en');
  return [
    counts.requests.toLocaleString('en'),
    of('tags.list'),
    of('manifest.get', 'manifest.head'),
    of('blob.get', 'blob.head'),
    of('blob.mount', 'upload.post', 'upload.patch', 'upload.put', 'manifest.put'),
    tally.counts.read.toLocaleString('en'),
    seconds.toFixed(1),
  ];
}
