import assert from 'node:assert/strict';
import { type CloudGrant, type CloudSource, createCredentials } from '../../src/registry/cloud-credentials.ts';
import type { CredentialsProvider } from '../../src/registry/credentials.ts';
import type { HostPolicy } from '../../src/registry/host-policy.ts';

const ECR = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const HOUR = 60 * 60_000;

/** A cloud that counts how often it is asked. */
function cloudOf(
  grant: (asked: number) => Omit<CloudGrant, 'credentials'>,
  isAtHand = true,
): CloudSource & { asked: number } {
  const source = {
    asked: 0,
    isAtHand: () => isAtHand,
    async grant() {
      source.asked += 1;
      const credentials = { kind: 'password', username: 'AWS', password: `password ${source.asked}` } as const;
      return { credentials, ...grant(source.asked) };
    },
  };
  return source;
}

const nothing: CredentialsProvider = async () => undefined;

describe('credentials of a host', () => {
  const passwordOf = async (
    provider: CredentialsProvider,
    host: string,
    options?: { readonly renew: boolean },
  ): Promise<string | undefined> => {
    const found = await provider(host, options);
    return found?.kind === 'password' ? found.password : undefined;
  };

  it('are Docker’s first, and its vendor’s where Docker has none', async () => {
    const docker: CredentialsProvider = async (host) =>
      host === 'kept.azurecr.io' ? { kind: 'password', username: 'a', password: 'kept' } : undefined;
    const sources = { ecr: cloudOf(() => ({})), acr: cloudOf(() => ({})) };
    const provider = createCredentials({ docker, sources, policies: [] });
    assert.equal(await passwordOf(provider, 'kept.azurecr.io'), 'kept');
    assert.equal(await passwordOf(provider, ECR), 'password 1');
    assert.equal(sources.acr.asked, 0);
  });

  it('go to no other vendor’s host, and to none that only looks like it', async () => {
    const ecr = cloudOf(() => ({}));
    const policies: readonly HostPolicy[] = [{ host: 'limits.example', preset: 'ecr' }];
    const provider = createCredentials({ docker: nothing, sources: { ecr }, policies });
    for (const host of ['quay.io', `${ECR}.example`, `x.${ECR}`, 'us-docker.pkg.dev', 'limits.example']) {
      assert.equal(await provider(host), undefined, host);
    }
    assert.equal(ecr.asked, 0);
  });

  it('are not looked for where the environment shows none', async () => {
    const ghcr = cloudOf(() => ({}), false);
    assert.equal(await createCredentials({ docker: nothing, sources: { ghcr }, policies: [] })('ghcr.io'), undefined);
    assert.equal(ghcr.asked, 0);
  });

  it('are as the policy of the host says', async () => {
    const sources = { ecr: cloudOf(() => ({}), false) };
    const docker: CredentialsProvider = async () => ({ kind: 'password', username: 'a', password: 'docker’s' });
    const policies: readonly HostPolicy[] = [
      { host: 'cloud.example', preset: 'ecr', credentials: 'cloud' },
      { host: 'docker.example', preset: 'ecr', credentials: 'docker' },
      { host: 'none.example', credentials: 'none' },
      { host: 'wrong.example', credentials: 'cloud' },
    ];
    const provider = createCredentials({ docker, sources, policies });
    assert.equal(await passwordOf(provider, 'cloud.example'), 'password 1');
    assert.equal(await passwordOf(provider, 'docker.example'), 'docker’s');
    assert.equal(await provider('none.example'), undefined);
    await assert.rejects(provider('wrong.example'), {
      code: 'ConfigInvalid',
      message: /demanded for wrong\.example, and its preset 'distribution' has none: name one of ecr/,
    });
  });

  it('are asked for once by all who wait, and anew before they end', async () => {
    let now = 0;
    const ecr = cloudOf(() => ({ endsAt: new Date(Date.now() + 12 * HOUR) }));
    const provider = createCredentials({ docker: nothing, sources: { ecr }, policies: [], now: () => now });
    const many = await Promise.all(Array.from({ length: 20 }, () => passwordOf(provider, ECR)));
    assert.deepEqual([...new Set(many)], ['password 1']);
    now = 11.7 * HOUR;
    assert.equal(await passwordOf(provider, ECR), 'password 1');
    now = 11.8 * HOUR;
    assert.equal(await passwordOf(provider, ECR), 'password 2');
    assert.equal(await passwordOf(provider, ECR, { renew: true }), 'password 3');
  });

  it('are asked for again after a failure', async () => {
    let fails = true;
    const source = cloudOf(() => {
      if (fails) throw new Error('no identity');
      return {};
    });
    const provider = createCredentials({ docker: nothing, sources: { ecr: source }, policies: [] });
    await assert.rejects(async () => provider(ECR), /no identity/);
    fails = false;
    assert.equal(await passwordOf(provider, ECR), 'password 2');
  });
});
