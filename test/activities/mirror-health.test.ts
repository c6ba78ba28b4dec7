import assert from 'node:assert/strict';
import { createMirrorHealth } from '../../src/activities/mirror-health.ts';
import { PromoterError } from '../../src/errors.ts';
import type { RepositoryName } from '../../src/reference.ts';

const ONE = 'down.test/one' as RepositoryName;
const TWO = 'down.test/two' as RepositoryName;

describe('mirror health', () => {
  it('stops asking a host after three failures in a row, and only that one', async () => {
    const health = createMirrorHealth();
    let asked = 0;
    const fail = async (): Promise<never> => {
      asked += 1;
      throw new PromoterError('RegistryUnavailable', 'no answer');
    };
    for (const repository of [ONE, TWO, ONE, TWO, ONE]) await assert.rejects(health.ask(repository, fail), /no answer/);
    assert.equal(asked, 3);
    assert.equal(await health.ask('up.test/one' as RepositoryName, async () => 'answer'), 'answer');
  });

  it('takes neither a success in between nor a refusal for an outage', async () => {
    const health = createMirrorHealth();
    for (const code of ['RegistryDenied', 'RegistryUnavailable', 'RegistryUnavailable'] as const) {
      await assert.rejects(
        health.ask(ONE, async () => {
          throw new PromoterError(code, 'failed');
        }),
      );
    }
    assert.equal(await health.ask(TWO, async () => 1), 1);
    for (let at = 0; at < 2; at++) {
      await assert.rejects(
        health.ask(ONE, async () => {
          throw new PromoterError('RegistryUnavailable', 'failed');
        }),
      );
    }
    assert.equal(await health.ask(TWO, async () => 2), 2);
  });
});
