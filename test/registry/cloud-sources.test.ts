import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CloudGrant } from '../../src/registry/cloud-credentials.ts';
import { cloudSources } from '../../src/registry/cloud-sources.ts';
import type { PresetName } from '../../src/registry/host-presets.ts';
import { googleAccessToken } from '../../src/signing/identity/google.ts';
import { type Answer, type HttpHost, reply, startHttpHost } from './http-host.ts';

const SERVICES = /^(?:AWS_|AZURE_|GOOGLE_|GCE_|GITHUB_|METADATA_|IDENTITY_|MSI_|CLOUDSDK_|K_SERVICE|HOME$)/;
const JSON_TYPE = { 'content-type': 'application/json' };

describe('credentials of clouds', () => {
  let home: string;
  let server: HttpHost | undefined;
  const kept = new Map<string, string>();

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'cloud-home-'));
    for (const [name, value] of Object.entries(process.env)) {
      if (!SERVICES.test(name)) continue;
      kept.set(name, value!);
      delete process.env[name];
    }
    process.env['HOME'] = home;
  });
  afterEach(async () => {
    for (const name of Object.keys(process.env)) if (SERVICES.test(name)) delete process.env[name];
    for (const [name, value] of kept) process.env[name] = value;
    kept.clear();
    await server?.close();
    server = undefined;
    await rm(home, { recursive: true });
  });

  const serve = async (answer: Answer): Promise<HttpHost> => (server = await startHttpHost(answer));

  function sources() {
    return cloudSources({ env: process.env, googleToken: googleAccessToken(), originOf: (host) => `http://${host}` });
  }

  async function granted(preset: PresetName, host: string, variables: Record<string, string>): Promise<CloudGrant> {
    Object.assign(process.env, variables);
    const source = sources()[preset]!;
    assert.equal(await source.isAtHand(), true);
    return source.grant(host);
  }

  it('are not at hand in an empty environment, but where nothing is public', async () => {
    for (const [name, source] of Object.entries(sources())) assert.equal(await source.isAtHand(), name === 'ecr', name);
  });

  it('Artifact Registry: a token of the metadata server', async () => {
    const { host, seen } = await serve((_, response) =>
      reply(
        response,
        200,
        { ...JSON_TYPE, 'metadata-flavor': 'Google' },
        { access_token: 'google-token', expires_in: 3600, token_type: 'Bearer' },
      ),
    );
    const variables = { GCE_METADATA_HOST: host, METADATA_SERVER_DETECTION: 'assume-present' };
    const { credentials } = await granted('artifact-registry', 'us-docker.pkg.dev', variables);
    assert.deepEqual(credentials, { kind: 'password', username: 'oauth2accesstoken', password: 'google-token' });
    assert.ok(seen.some(({ path }) => path.includes('/instance/service-accounts/default/token')));
  });

  const AWS = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' };
  const ECR = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
  const authorization = {
    authorizationToken: Buffer.from('AWS:ecr-password').toString('base64'),
    expiresAt: 1_900_000_000,
  };

  it('ECR: a password for twelve hours, asked for in the registry’s region', async () => {
    const { origin, seen } = await serve((_, response) =>
      reply(response, 200, { 'content-type': 'application/x-amz-json-1.1' }, { authorizationData: [authorization] }),
    );
    const grant = await granted('ecr', ECR, { ...AWS, AWS_ENDPOINT_URL_ECR: origin });
    assert.deepEqual(grant, {
      credentials: { kind: 'password', username: 'AWS', password: 'ecr-password' },
      endsAt: new Date(1_900_000_000_000),
    });
    assert.match(String(seen[0]?.headers['x-amz-target']), /\.GetAuthorizationToken$/);
    assert.match(seen[0]?.headers.authorization ?? '', /Credential=AKIA\/\d+\/eu-west-1\/ecr\/aws4_request/);
  });

  it('ECR Public: the same from its one region', async () => {
    const { origin, seen } = await serve((_, response) =>
      reply(response, 200, { 'content-type': 'application/x-amz-json-1.1' }, { authorizationData: authorization }),
    );
    const variables = { ...AWS, AWS_ENDPOINT_URL_ECR_PUBLIC: origin };
    const { credentials } = await granted('ecr-public', 'public.ecr.aws', variables);
    assert.deepEqual(credentials, { kind: 'password', username: 'AWS', password: 'ecr-password' });
    assert.match(seen[0]?.headers.authorization ?? '', /\/us-east-1\/ecr-public\//);
  });

  it('ECR: says who refused, and what would help', async () => {
    const { origin } = await serve((_, response) =>
      reply(
        response,
        400,
        { 'content-type': 'application/x-amz-json-1.1' },
        { __type: 'AccessDeniedException', message: 'not authorized to perform ecr:GetAuthorizationToken' },
      ),
    );
    await assert.rejects(granted('ecr', ECR, { ...AWS, AWS_ENDPOINT_URL_ECR: origin }), {
      code: 'IdentityUnavailable',
      message: /asking AWS for a password for 1234.*: not authorized to perform .*\. Give it AWS credentials/,
    });
  });

  const END = Math.floor(Date.now() / 1000) + 3 * 3600;
  const refreshToken = `e30.${Buffer.from(JSON.stringify({ exp: END })).toString('base64url')}.x`;
  const azure =
    (exchange: Answer): Answer =>
    (request, response) =>
      request.path.startsWith('/msi')
        ? reply(response, 200, JSON_TYPE, {
            access_token: 'entra-token',
            expires_on: String(END),
            resource: 'https://management.azure.com',
            token_type: 'Bearer',
          })
        : exchange(request, response);

  it('ACR: a managed identity’s token, exchanged at the registry', async () => {
    const { host, origin, seen } = await serve(
      azure((_, response) => reply(response, 200, JSON_TYPE, { refresh_token: refreshToken })),
    );
    const variables = { IDENTITY_ENDPOINT: `${origin}/msi/token`, IDENTITY_HEADER: 'header' };
    const grant = await granted('acr', host, variables);
    assert.deepEqual(grant, {
      credentials: { kind: 'identityToken', token: refreshToken },
      endsAt: new Date(END * 1000),
    });
    const [identity, exchange] = seen;
    assert.match(identity?.path ?? '', /resource=https%3A%2F%2Fmanagement\.azure\.com/);
    assert.equal(exchange?.path, '/oauth2/exchange');
    assert.deepEqual(Object.fromEntries(new URLSearchParams(exchange.body.toString())), {
      grant_type: 'access_token',
      service: host,
      access_token: 'entra-token',
    });
  });

  it('ACR: follows no redirect with the token, and says what the registry answered', async () => {
    const { host, origin, seen } = await serve(
      azure((_, response) => reply(response, 307, { location: '/elsewhere' })),
    );
    const variables = { IDENTITY_ENDPOINT: `${origin}/msi/token`, IDENTITY_HEADER: 'header' };
    await assert.rejects(granted('acr', host, variables), {
      code: 'IdentityUnavailable',
      message: /asking Azure for a token for .*: POST .*\/oauth2\/exchange was answered with 307\. Give it an Azure/,
    });
    assert.ok(seen.every(({ path }) => path !== '/elsewhere'));
  });

  it('GHCR: the token of a workflow', async () => {
    const { credentials } = await granted('ghcr', 'ghcr.io', { GITHUB_TOKEN: 'ghs_x', GITHUB_ACTOR: 'octocat' });
    assert.deepEqual(credentials, { kind: 'password', username: 'octocat', password: 'ghs_x' });
  });
});
