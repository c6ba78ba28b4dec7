import { messageOf, PromoterError } from '../errors.ts';
import type { CloudGrant } from './cloud-credentials.ts';

/** `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, and its spelling for both versions of IP. */
const REGION = /\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\./;

interface Authorization {
  readonly authorizationToken?: string | undefined;
  readonly expiresAt?: Date | undefined;
}

/**
 * A password for the private registries of an account, which lasts twelve hours (`GetAuthorizationToken` of Amazon ECR), by
 * the default chain of Amazon's SDK: variables, profiles, web identity, container, instance.
 *
 * @throws PromoterError `IdentityUnavailable`
 */
export async function ecrGrant(host: string): Promise<CloudGrant> {
  return grantOf(host, async () => {
    const { ECRClient, GetAuthorizationTokenCommand } = await import('@aws-sdk/client-ecr');
    const region = REGION.exec(host)?.[1];
    const client = new ECRClient(region === undefined ? {} : { region });
    try {
      return (await client.send(new GetAuthorizationTokenCommand({}))).authorizationData?.[0];
    } finally {
      client.destroy();
    }
  });
}

/**
 * The same for `public.ecr.aws`, whose API is in one region only.
 *
 * @throws PromoterError `IdentityUnavailable`
 */
export async function publicEcrGrant(): Promise<CloudGrant> {
  return grantOf('public.ecr.aws', async () => {
    const { ECRPUBLICClient, GetAuthorizationTokenCommand } = await import('@aws-sdk/client-ecr-public');
    const client = new ECRPUBLICClient({ region: 'us-east-1' });
    try {
      return (await client.send(new GetAuthorizationTokenCommand({}))).authorizationData;
    } finally {
      client.destroy();
    }
  });
}

async function grantOf(host: string, ask: () => Promise<Authorization | undefined>): Promise<CloudGrant> {
  let authorization: Authorization | undefined;
  try {
    authorization = await ask();
  } catch (error) {
    const hint =
      'Give it AWS credentials that may call ecr:GetAuthorizationToken, or say credentials: docker of this host';
    throw new PromoterError(
      'IdentityUnavailable',
      `asking AWS for a password for ${host}: ${messageOf(error)}. ${hint}.`,
      {
        cause: error,
      },
    );
  }
  const [username = '', password] = Buffer.from(authorization?.authorizationToken ?? '', 'base64')
    .toString()
    .split(':');
  if (password === undefined) {
    throw new PromoterError('IdentityUnavailable', `asking AWS for a password for ${host}: its answer holds none`);
  }
  const { expiresAt } = authorization ?? {};
  return {
    credentials: { kind: 'password', username, password },
    ...(expiresAt === undefined ? {} : { endsAt: expiresAt }),
  };
}
