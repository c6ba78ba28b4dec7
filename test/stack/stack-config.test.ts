import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/stack/program-list.ts';
import { readStackConfig } from '../../src/stack/stack-config.ts';

describe('temporal-dev.yaml', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stack-config-test-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  it('describes a stack with all search attributes that the workflows set', async () => {
    const { temporal, registries } = await readStackConfig();
    assert.deepEqual(temporal.searchAttributes, {
      PromoterState: 'Keyword',
      PromoterPhase: 'Keyword',
      PromoterDestinations: 'KeywordList',
      PromoterCommit: 'Keyword',
    });
    const ports = [temporal.port, temporal.uiPort, registries.staging, registries.canonical, ...registries.mirrors];
    assert.deepEqual([...new Set(ports)], ports);
  });

  it('is refused with file and line of each mistake', async () => {
    const good = await readFile(join(packageRoot(), 'temporal-dev.yaml'), 'utf8');
    const bad = good
      .replace('PromoterState: Keyword', 'PromoterState: Keywords')
      .replace('staging: 5000', 'staging: 500000')
      .replace('profile: light', 'profile: heavy')
      .replace('planStore: plan-store', 'planStore: ../elsewhere');
    const file = join(folder, 'stack.yaml');
    await writeFile(file, bad);
    const lineOf = (text: string): number => bad.split('\n').findIndex((line) => line.includes(text)) + 1;
    await assert.rejects(readStackConfig(file), (error: Error) => {
      assert.deepEqual(
        error.message.split('\n').map((problem) => problem.split(': ').slice(0, 2).join(': ')),
        [
          `${file}:${lineOf('Keywords')}: temporal.searchAttributes.PromoterState`,
          `${file}:${lineOf('500000')}: registries.staging`,
          `${file}:${lineOf('heavy')}: sigstore.profile`,
          `${file}:${lineOf('elsewhere')}: planStore`,
        ],
      );
      return true;
    });
  });
});
