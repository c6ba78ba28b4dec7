import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import type { RegistryRequest, RegistryResponse } from '../../src/registry/exchange.ts';
import type { Instruments } from '../../src/telemetry/instruments.ts';
import { WORKER_METRICS } from '../../src/telemetry/metric.ts';
import { createRegistryObserver } from '../../src/telemetry/registry-observer.ts';

const REQUEST: RegistryRequest = {
  class: 'blob.get',
  method: 'GET',
  host: 'registry.example',
  url: new URL('https://registry.example/v2/'),
  doing: 'read a blob',
  scopes: [],
  repeatable: true,
};

describe('the observer of a registry client', () => {
  let seen: (readonly [name: string, value: number, labels: object])[];
  let instruments: Instruments;

  beforeEach(() => {
    seen = [];
    const recorded = Object.keys(WORKER_METRICS).map((name) => [
      name,
      (value: number, labels: object) => seen.push([name, value, labels]),
    ]);
    instruments = Object.fromEntries(recorded) as Instruments;
  });

  const send = (answer: () => Promise<RegistryResponse>, request = REQUEST): Promise<RegistryResponse> =>
    createRegistryObserver(instruments, 'promotion').layer(answer)(request);
  const valuesOf = (name: string): readonly (readonly [number, object])[] =>
    seen.filter(([of]) => of === name).map(([, value, labels]) => [value, labels]);

  it('counts a streamed answer by the length that its header promises', async () => {
    const stream = Readable.from([]);
    await send(async () => ({ status: 200, headers: { 'content-length': '1234' }, bytes: Buffer.alloc(0), stream }));
    assert.deepEqual(valuesOf('received'), [[1234, { queue: 'promotion', host: 'registry.example' }]]);
  });

  it('counts what was sent, and takes no length of a HEAD for bytes', async () => {
    await send(async () => ({ status: 201, headers: {}, bytes: Buffer.alloc(0) }), { ...REQUEST, bodySize: 99 });
    await send(async () => ({ status: 200, headers: { 'content-length': '5' }, bytes: Buffer.alloc(0) }), {
      ...REQUEST,
      method: 'HEAD',
    });
    assert.deepEqual(
      valuesOf('sent').map(([value]) => value),
      [99],
    );
    assert.deepEqual(valuesOf('received'), []);
  });

  it('counts a request without an answer, and passes its error on', async () => {
    const error = new Error('reset');
    await assert.rejects(
      send(() => Promise.reject(error)),
      error,
    );
    const labels = { queue: 'promotion', host: 'registry.example', class: 'blob.get', status: 'none' };
    assert.deepEqual(valuesOf('requests'), [[1, labels]]);
  });
});
