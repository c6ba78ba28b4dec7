import { parseArgs } from 'node:util';
import { otherCases } from '../test/support/histories/others.ts';
import { promotionCases } from '../test/support/histories/promotions.ts';
import { readHistories, writeHistories } from '../test/support/histories/kept.ts';
import { recordHistories } from '../test/support/histories/recorder.ts';
import { steeredPromotionCases } from '../test/support/histories/steered-promotions.ts';
import { startTemporal } from '../test/support/temporal.ts';

// Records the histories that unit tests replay: those that are missing, those that are named, or all of them.
const { values, positionals } = parseArgs({ options: { all: { type: 'boolean' } }, allowPositionals: true });

const cases = [...promotionCases(), ...steeredPromotionCases(), ...otherCases()];
const kept = new Set((await readHistories()).map(({ workflow, case: name }) => `${workflow}/${name}`));
const isWanted = (name: string): boolean =>
  values.all === true || positionals.includes(name) || (positionals.length === 0 && !kept.has(name));
const wanted = cases.filter(({ workflow, name }) => isWanted(`${workflow}/${name}`));

// Few events, so that a run continues as new after a history that one would like to keep.
const early = ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=250'];
const temporal = wanted.length === 0 ? undefined : await startTemporal(early);
try {
  for (const one of wanted) {
    const histories = temporal === undefined ? [] : await recordHistories(temporal, one);
    await writeHistories(one, histories);
    process.stderr.write(`${one.workflow}/${one.name}: ${histories.length} recorded\n`);
  }
} finally {
  await temporal?.environment.teardown();
}
