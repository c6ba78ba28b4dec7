import assert from 'node:assert/strict';
import { freePort } from '../../../src/stack/ports.ts';
import { waitFor } from '../waiting.ts';
import type { Going } from './checkout.ts';
import type { Guide } from './guide.ts';
import type { Reader } from './reader.ts';

/** In a namespace of its own: what is made known to a server there is not known to the stack's worker. */
export async function followDeploying(reader: Reader): Promise<void> {
  const guide = await reader.open('docs/deploying.md');
  await reader.give('temporal operator namespace create --namespace images && export TEMPORAL_NAMESPACE=images');
  for (const folder of ['/etc/reader', '/etc/writer']) {
    const path = await reader.write(`${folder}/config.json`, '{}');
    guide.here.set(folder, path.replace('/config.json', ''));
  }
  const worker = await beginWorker(reader, guide, 'promoter worker');
  const codecServer = await guide.begin('codec-server');
  assert.equal(await codecServer.stop(), 0);
  assert.equal(await worker.stop(), 0);
  const workers = [
    await beginWorker(reader, guide, 'QUEUES=reading'),
    await beginWorker(reader, guide, 'QUEUES=writing'),
  ];
  for (const one of workers) assert.equal(await one.stop(), 0);
  const versioned = await beginWorker(reader, guide, 'promoter worker');
  const known = 'temporal worker deployment describe --name image-promoter';
  await waitFor(async () => (await reader.checkout.give(known)).exit === 0);
  await guide.rest();
  assert.equal(await versioned.stop(), 0);
}

/** Begins a worker of the page, and waits until it says that it works. */
async function beginWorker({ checkout }: Reader, guide: Guide, text: string): Promise<Going> {
  const address = `127.0.0.1:${await freePort()}`;
  checkout.environment = { ...checkout.environment, PROMOTER_HEALTH_ADDRESS: address };
  return guide.begin(text, async () => (await fetch(`http://${address}/readyz`)).ok);
}
