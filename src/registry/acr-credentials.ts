import { EnvHttpProxyAgent, request } from 'undici';
import { messageOf, PromoterError } from '../errors.ts';
import type { CloudGrant } from './cloud-credentials.ts';
import { hostnameOf } from './network-address.ts';

const TIMEOUT_MS = 30_000;

/** What Azure's tokens are for, in each of its clouds (`KnownContainerRegistryAudience` of Azure's SDK). */
const AUDIENCES: readonly (readonly [RegExp, string])[] = [
  [/\.azurecr\.cn$/, 'https://management.chinacloudapi.cn'],
  [/\.azurecr\.us$/, 'https://management.usgovcloudapi.net'],
];
const PUBLIC_AUDIENCE = 'https://management.azure.com';

/**
 * A refresh token of an Azure registry, for which a token of Microsoft Entra is exchanged at the registry itself
 * (https://github.com/Azure/acr/blob/main/docs/AAD-OAuth.md). Who asks, is found by Azure's default chain: variables,
 * workload identity, managed identity, the `az` command.
 *
 * @param origin where the registry's API is reached
 * @throws PromoterError `IdentityUnavailable`
 */
export async function acrGrant(host: string, origin: string): Promise<CloudGrant> {
  const doing = `asking Azure for a token for ${host}`;
  try {
    const access = await entraToken(host);
    const token = await exchange(host, origin, access);
    const endsAt = endOf(token);
    return { credentials: { kind: 'identityToken', token }, ...(endsAt === undefined ? {} : { endsAt }) };
  } catch (error) {
    const hint = 'Give it an Azure identity with AcrPull or AcrPush, or say credentials: docker of this host';
    throw new PromoterError('IdentityUnavailable', `${doing}: ${messageOf(error)}. ${hint}.`, { cause: error });
  }
}

async function entraToken(host: string): Promise<string> {
  const { DefaultAzureCredential } = await import('@azure/identity');
  const audience = AUDIENCES.find(([hosts]) => hosts.test(hostnameOf(host)))?.[1] ?? PUBLIC_AUDIENCE;
  const { token } = await new DefaultAzureCredential().getToken(`${audience}/.default`);
  return token;
}

async function exchange(host: string, origin: string, access: string): Promise<string> {
  const form = new URLSearchParams({ grant_type: 'access_token', service: host, access_token: access });
  const dispatcher = new EnvHttpProxyAgent();
  try {
    // A redirect is not followed: the token is for this host.
    const { statusCode, body } = await request(`${origin}/oauth2/exchange`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      dispatcher,
    });
    if (statusCode !== 200) {
      await body.dump();
      throw new PromoterError('IdentityUnavailable', `POST ${origin}/oauth2/exchange was answered with ${statusCode}`);
    }
    const { refresh_token: token } = (await body.json()) as { refresh_token?: unknown };
    if (typeof token === 'string' && token !== '') return token;
    throw new PromoterError('IdentityUnavailable', `POST ${origin}/oauth2/exchange was answered without a token`);
  } finally {
    await dispatcher.close();
  }
}

/** The token is a JWT, whose own word on its end is good enough to know when to ask again. */
function endOf(token: string): Date | undefined {
  try {
    const payload = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as unknown;
    const seconds = (payload as { exp?: unknown } | null)?.exp;
    return typeof seconds === 'number' ? new Date(seconds * 1000) : undefined;
  } catch {
    return undefined;
  }
}
