import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type KeyFolder, makeKeyFolder } from '../encryption/key-folder.ts';
import { startProduction, type Production } from '../support/production.ts';
import { startPromotionService, type PromotionService } from '../support/promotion-service.ts';
import { runScript } from '../support/script.ts';

describe('a promotion with encryption', () => {
  let keys: KeyFolder;
  let production: Production;
  let service: PromotionService;
  let config: string;
  before(async () => {
    keys = await makeKeyFolder('2026-11');
    production = await startProduction({ images: 2, mirrors: 1 });
    const environment = { PROMOTER_ENCRYPTION_KEYS: keys.path };
    service = await startPromotionService({ directory: production.directory, environment });
    config = join(production.directory, 'promoter.yaml');
    const address = JSON.stringify(service.server.address);
    await writeFile(
      config,
      `temporal: { address: ${address} }\nplanStore: plans\nencryption: { keys: ${keys.path} }\n`,
    );
  });
  after(async () => {
    await service.stop();
    await production.stop();
    await keys.remove();
  });

  const promoter = async (...args: readonly string[]) => {
    const ended = await runScript('src/client/main.ts', [...args, '--config', config, '--json']).ended;
    assert.equal(ended.exit, 0, ended.stderr);
    return JSON.parse(ended.stdout) as Readonly<Record<string, unknown>>;
  };

  it('leaves nothing of request, report and progress readable in any history', async () => {
    const promotion = ['cip', '--thin-manifest-dir', production.directory, '--confirm', '--sign=false'];
    const { workflowId, outcome } = await promoter(...promotion);
    assert.equal(outcome, 'done');
    assert.deepEqual(await production.missing(production.mirrors[0]!), []);
    const { report } = await promoter('status', String(workflowId));
    assert.equal((report as { outcome?: string }).outcome, 'done');

    const ids: string[] = [];
    for await (const { workflowId: id } of service.client.workflow.list()) ids.push(id);
    assert.ok(ids.includes(String(workflowId)) && ids.some((id) => id.startsWith('registry-budget/')));
    for (const id of ids) {
      const texts = textsIn(await service.client.workflow.getHandle(id).fetchHistory());
      assert.ok(
        texts.some((text) => text.includes('binary/encrypted')),
        id,
      );
      // The kinds of fields that requests, plans, reports and shares have; identities and search attributes stay readable.
      const readable = texts.filter((text) =>
        /"(?:manifests|confirm|plan|edges|outcome|requestsPerSecond)":|sha256:/.test(text),
      );
      assert.deepEqual(readable, [], id);
    }
  });
});

/** Every text in a message, bytes as text included. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('latin1')];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}
