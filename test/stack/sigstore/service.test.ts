import assert from 'node:assert/strict';
import { type Service, startInOrder, startTogether } from '../../../src/stack/sigstore/service.ts';

describe('services', () => {
  let events: string[];
  beforeEach(() => {
    events = [];
  });

  async function start(name: string): Promise<Service> {
    await Promise.resolve();
    events.push(`${name} started`);
    return {
      processes: [],
      stop: async () => {
        events.push(`${name} stopped`);
      },
    };
  }

  async function fail(): Promise<Service> {
    throw new Error('no port');
  }

  it('that need each other stop in the opposite order', async () => {
    const service = await startInOrder([() => start('database'), () => start('log')]);
    await service.stop();
    assert.deepEqual(events, ['database started', 'log started', 'log stopped', 'database stopped']);
  });

  it('that need each other are stopped when a later one does not start', async () => {
    await assert.rejects(startInOrder([() => start('database'), fail, () => start('log')]), /no port/);
    assert.deepEqual(events, ['database started', 'database stopped']);
  });

  it('beside each other are stopped when any does not start, however late the others do', async () => {
    await assert.rejects(startTogether([fail(), start('authority'), start('log')]), /no port/);
    assert.deepEqual(events.sort(), ['authority started', 'authority stopped', 'log started', 'log stopped']);
  });
});
