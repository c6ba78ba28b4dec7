import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onKeptPorts, type Ports } from '../../../src/stack/sigstore/kept-ports.ts';
import { listenOnLoopback } from '../../../src/stack/sigstore/loopback-listener.ts';

const NAMES = ['issuer', 'fulcio', 'log'] as const;
type Name = (typeof NAMES)[number];

describe('kept ports', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kept-ports-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const take = (names: readonly Name[] = NAMES): Promise<Ports<Name>> =>
    onKeptPorts(join(folder, 'ports.json'), names, async (ports) => ports);

  it('differ from each other and are the same the next time', async () => {
    const first = await take();
    assert.equal(new Set(Object.values(first)).size, NAMES.length);
    assert.deepEqual(await take(), first);
  });

  it('give way one by one where another program listens', async () => {
    const first = await take();
    const other = await listenOnLoopback(createServer(), first.fulcio);
    try {
      const second = await take();
      assert.notEqual(second.fulcio, first.fulcio);
      assert.deepEqual({ ...second, fulcio: 0 }, { ...first, fulcio: 0 });
    } finally {
      await other.stop();
    }
  });

  it('stay remembered while they are not asked for', async () => {
    const first = await take();
    await take(['issuer']);
    assert.deepEqual(await take(), first);
  });
});
