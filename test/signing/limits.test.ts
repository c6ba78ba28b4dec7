import assert from 'node:assert/strict';
import type { Digest, RepositoryName } from '../../src/reference.ts';
import { createAttachmentLocks } from '../../src/signing/attachment-locks.ts';
import { createLimits } from '../../src/signing/limits.ts';

describe('how many sign at once', () => {
  it('is never more than was said, and everybody gets their turn', async () => {
    const limits = createLimits({ maxSignatureOps: 3 });
    let running = 0;
    let most = 0;
    const finished = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        limits
          .run(async () => {
            running += 1;
            most = Math.max(most, running);
            await new Promise(setImmediate);
            running -= 1;
            if (index % 2 === 0) throw new Error('failed');
            return index;
          })
          .catch(() => index),
      ),
    );
    assert.deepEqual(
      finished,
      Array.from({ length: 20 }, (_, index) => index),
    );
    assert.equal(most, 3);
  });

  it('has to be a whole number from 1', () => {
    for (const maxSignatureOps of [0, -1, 1.5, NaN]) {
      assert.throws(() => createLimits({ maxSignatureOps }), { code: 'ConfigInvalid' });
    }
  });
});

describe('writers at one digest', () => {
  const repository = 'a.test/b' as RepositoryName;
  const one = `sha256:${'1'.repeat(64)}` as Digest;
  const two = `sha256:${'2'.repeat(64)}` as Digest;

  it('come one after another, also after one of them failed', async () => {
    const locks = createAttachmentLocks();
    const events: string[] = [];
    const work = (name: string, fails = false) =>
      locks.hold(repository, one, async () => {
        events.push(`${name} begins`);
        await new Promise(setImmediate);
        events.push(`${name} ends`);
        if (fails) throw new Error(name);
      });
    const results = await Promise.allSettled([work('a'), work('b', true), work('c')]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual(events, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('do not wait for writers at another digest', async () => {
    const locks = createAttachmentLocks();
    let release = (): void => undefined;
    const held = locks.hold(repository, one, () => new Promise<void>((resolve) => (release = resolve)));
    assert.equal(await locks.hold(repository, two, async () => 'done'), 'done');
    release();
    await held;
  });
});
