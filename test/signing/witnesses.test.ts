import assert from 'node:assert/strict';
import { bundleFromJSON } from '@sigstore/bundle';
import { PromoterError } from '../../src/errors.ts';
import type { ServiceClient } from '../../src/signing/service.ts';
import { createWitnesses } from '../../src/signing/witnesses.ts';
import { createMemorySigner } from '../support/memory-log.ts';
import { SIGNED } from './fixtures/signed.ts';

const LOGS = ['https://one.test', 'https://two.test'];
const SERVICES = { timestampUrls: ['https://tsa.test'] };

describe('the witnesses of a signature', () => {
  /** Asks every witness; none gets an answer. */
  async function asked(version: 1 | 2, which: 'bundle' | 'legacy', urls = LOGS): Promise<readonly string[]> {
    const seen: string[] = [];
    const service: ServiceClient = async ({ url }) => {
      seen.push(url);
      throw new PromoterError('SigningUnavailable', 'down');
    };
    const witnesses = createWitnesses(service, { ...SERVICES, log: { version, urls } });
    const { content } = bundleFromJSON(SIGNED.signature);
    const { key } = await createMemorySigner().sign(Buffer.from('x'));
    const chosen = which === 'bundle' ? witnesses.bundle : [witnesses.legacy].filter((one) => one !== undefined);
    for (const witness of chosen) await assert.rejects(witness(content, key), { code: 'SigningUnavailable' });
    return seen;
  }

  it('of a bundle are all logs and all timestamp authorities', async () => {
    const path = '/api/v1/log/entries';
    assert.deepEqual(await asked(1, 'bundle'), [...LOGS.map((log) => `${log}${path}`), 'https://tsa.test']);
    assert.deepEqual(await asked(2, 'bundle'), [...LOGS.map((log) => `${log}/api/v2/log/entries`), 'https://tsa.test']);
  });

  it('of a legacy signature is one log of version 1, since only that states a time', async () => {
    assert.deepEqual(await asked(1, 'legacy'), ['https://one.test/api/v1/log/entries']);
    assert.deepEqual(await asked(2, 'legacy'), []);
    assert.deepEqual(await asked(1, 'legacy', []), []);
  });
});
