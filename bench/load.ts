// Promotions that are started at once, one after the other, and held ones that are left alone: what they cost workers, and how
// long histories get.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderTable } from '../src/client/text-table.ts';
import { measureBurst, type BurstFigures } from './load/burst.ts';
import { measureHeld, type HeldFigures } from './load/held.ts';
import { measureSteady, type SteadyFigures } from './load/steady.ts';

const { values } = parseArgs({
  options: {
    promotions: { type: 'string', default: '100' },
    workers: { type: 'string', default: '10' },
    images: { type: 'string', default: '5' },
    held: { type: 'string', default: '2000' },
    cached: { type: 'string', default: '200' },
    steady: { type: 'string', default: '480' },
  },
});
const folder = await mkdtemp(join(tmpdir(), 'bench-load-'));
const held = Number(values.held);
try {
  if (held > 0) {
    const steps = [0.05, 0.5, 1].map((part) => Math.ceil(held * part));
    process.stdout.write(heldTable(await measureHeld(folder, steps, Number(values.cached))));
  }
  const promotions = Number(values.promotions);
  if (promotions > 0) {
    const size = { promotions, workers: Number(values.workers), images: Number(values.images) };
    process.stdout.write(burstTable(await measureBurst(size)));
  }
  const steady = Number(values.steady);
  if (steady > 0) {
    const steps = [1, 2, 3, 4, 5, 6].map((part) => Math.ceil((steady * part) / 6));
    process.stdout.write(steadyTable(await measureSteady(steps)));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

function heldTable({ resident, events, bytes, queryMs, small }: HeldFigures): string {
  const rows = resident.map(({ held, mib }) => [`${held} held, all in memory`, mib.toFixed(0), '']);
  const [last = []] = rows.slice(-1);
  last[2] = queryMs.toFixed(0);
  rows.push([`${held} held, ${small.cached} in memory`, small.mib.toFixed(0), small.queryMs.toFixed(0)]);
  return `${renderTable(['held runs at rest', 'MiB', 'ms a query'], rows)}each has ${events} events, ${bytes} bytes\n`;
}

function steadyTable(figures: readonly SteadyFigures[]): string {
  const rows = figures.map(({ promotions, mib }) => [String(promotions), mib.toFixed(0)]);
  return renderTable(['promotions to eight hosts', 'MiB'], rows);
}

function burstTable({ wallMs, outcomes, edges, events, budgetEvents, mostMiB }: BurstFigures): string {
  const ends = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  const row = [(wallMs / 1000).toFixed(1), ends.join(', '), edges, events, budgetEvents, mostMiB.toFixed(0)];
  const head = ['wall s', 'outcome', 'edges', 'most events of a run', 'of a budget', 'most MiB of a worker'];
  return renderTable(head, [row.map(String)]);
}
