import assert from 'node:assert/strict';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pMap from 'p-map';
import type { RepositoryName } from '../../src/reference.ts';
import { packageRoot } from '../../src/stack/program-list.ts';
import type { FaultRule } from '../support/registry-proxy-faults.ts';
import { ownImages, startArena, type Arena } from './support/arena.ts';
import { tryFault, type FaultOptions, type FaultOutcome } from './support/fault-trial.ts';
import { missingFrom } from './support/image-reader.ts';
import { smallDisk, startOddWorker, type OddWorker } from './support/odd-worker.ts';
import { noteResult } from './support/record.ts';

const HOUR = 3_600_000;
const RIVALS = ['rival-one', 'rival-two'];
const CLOCK = pathToFileURL(join(packageRoot(), 'test/chaos/support/skewed-clock.ts')).href;
const skewed = (milliseconds: number): Readonly<Record<string, string>> => ({
  NODE_OPTIONS: `--import=${CLOCK}`,
  CLOCK_SKEW_MS: String(milliseconds),
});
const ALWAYS: FaultRule = { path: /entries|signingCert/, action: { status: 500 } };

// `npm run chaos` tries all; with the tests, what takes seconds.
describe('a promotion in surroundings that are not in order', function () {
  this.timeout('4m');
  let arena: Arena;
  before(async () => (arena = await startArena()));
  after(() => arena?.stop());

  async function note(fault: string, place: string, outcome: FaultOutcome, kpromo?: string): Promise<FaultOutcome> {
    await noteResult({ kind: 'fault', fault, place, ...(kpromo === undefined ? {} : { kpromo }), ...outcome });
    assert.deepEqual(outcome.wrong, []);
    return outcome;
  }

  async function withOddWorker(odd: OddWorker, options: FaultOptions = {}): Promise<FaultOutcome> {
    const started: { worker?: Awaited<ReturnType<typeof startOddWorker>> } = {};
    try {
      return await tryFault(arena, odd.name, {
        ...options,
        taskQueue: odd.name,
        prepare: async () => void (started.worker = await startOddWorker(arena, odd)),
      });
    } finally {
      await started.worker?.stop();
    }
  }

  it('holds, and says so, while the disk of the plan store is full', async () => {
    const store = (folder: string): string => join(folder, 'store');
    const outcome = await withOddWorker({
      name: 'full-store',
      env: { PROMOTER_PLAN_STORE: store(join(arena.directory, 'full-store')) },
      mounts: (folder) =>
        `${smallDisk(store(folder), 20_000)} && cp -a ${arena.environment['PROMOTER_PLAN_STORE']}/. ${store(folder)} && { dd if=/dev/zero of=${store(folder)}/full bs=4k 2>/dev/null || true; }`,
    });
    await note('the disk of the plan store is full', 'worker', outcome);
    assert.equal(outcome.outcome, 'held');
    assert.match(outcome.message ?? '', /plan store .*ENOSPC/);
  });

  it('promotes what needs no spool, and says so, while the disk of the spool is full', async () => {
    const outcome = await withOddWorker({
      name: 'full-spool',
      env: { TMPDIR: join(arena.directory, 'full-spool') },
      mounts: (folder) => smallDisk(folder, 512),
    });
    await note('the disk of the spool is full', 'worker', outcome);
    assert.equal(outcome.outcome, 'quarantined');
    assert.match(outcome.message ?? '', /cannot spool blob .*ENOSPC/);
    assert.equal(outcome.arrived, 6);
  });

  it('never moves a tag that another promotion writes at the same moment, under another name of the registry', async () => {
    const rivals = await Promise.all(RIVALS.map((name) => tryFault(arena, name, { place: 'rivals' })));
    for (const [at, outcome] of rivals.entries()) {
      // Registries write tags without conditions: whoever looked before the other wrote, and writes after it has read back,
      // takes a tag from a run that has ended well. Only leases prevent that, and the other name gets around them.
      const wrong = outcome.wrong.filter((what) => !/ in quarantine, and \d+ did not arrive: /.test(what));
      await note(`two promotions write one tag (${at === 0 ? 'one' : 'the other'})`, 'mirrors', { ...outcome, wrong });
    }
    // Looked at when both have ended, for the same reason.
    for (const { host } of arena.mirrors) {
      for (const name of ownImages('').keys()) {
        const repository = `${host}/prod/rivals/${name}` as RepositoryName;
        const wanted = RIVALS.flatMap((rival) => ownImages(rival).get(name) ?? []);
        const missing = await pMap(wanted, (image) => missingFrom(arena.registry, repository, image));
        assert.ok(
          missing.some(({ length }) => length === 0),
          `${repository} is neither's: ${missing.join()}`,
        );
      }
    }
    for (const { outcome, message = '' } of rivals) {
      if (outcome !== 'done') assert.match(message, /tag moves are not supported/);
    }
    assert.ok(rivals.some(({ outcome }) => outcome !== 'done'));
  });

  if (process.env['CHAOS_EVERY'] === undefined) return;

  it('signs and attests when the worker’s clock is an hour behind', async () => {
    const outcome = await withOddWorker({ name: 'clock-behind', env: skewed(-HOUR) }, { sign: true });
    await note('the worker’s clock is an hour behind', 'worker', outcome);
    assert.equal(outcome.outcome, 'done', outcome.message);
  });

  it('holds before it signs, and says so, when the worker’s clock is an hour ahead', async () => {
    const outcome = await withOddWorker({ name: 'clock-ahead', env: skewed(HOUR) }, { sign: true });
    await note('the worker’s clock is an hour ahead', 'worker', outcome);
    assert.equal(outcome.outcome, 'held');
    assert.match(outcome.message ?? '', /token .* expired at .*, and this machine's clock says/);
  });

  for (const [service, kpromoOnce, kpromoAlways] of [
    ['rekor', 'ok', 'exit 1, nothing signed; the same command again: exit 0, still nothing signed'],
    ['fulcio', 'exit 1; the same command again: exit 0, signatures missing', undefined],
  ] as const) {
    const title = service === 'rekor' ? 'Rekor' : 'Fulcio';
    it(`signs though ${title} answers 500 once, and holds while it always does`, async () => {
      const front = arena.services[service];
      for (const [times, kpromo] of [
        [1, kpromoOnce],
        [Infinity, kpromoAlways],
      ] as const) {
        // A new worker has no certificate left over.
        await arena.pool.replace();
        front.setFaults([{ ...ALWAYS, count: times }]);
        const outcome = await tryFault(arena, `${service}-${times === 1 ? 'once' : 'always'}`, { sign: true });
        front.setFaults([]);
        await note(`${title} answers 500 ${times === 1 ? 'once' : 'always'}`, 'signing', outcome, kpromo);
        assert.equal(outcome.outcome, times === 1 ? 'done' : 'held', outcome.message);
        if (times > 1) assert.match(outcome.message ?? '', /answered 500/);
      }
    });
  }
});
