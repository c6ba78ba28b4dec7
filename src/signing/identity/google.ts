import type { GoogleAuth } from 'google-auth-library';
import { AUDIENCE, identityUnavailable } from './token.ts';
import type { IdentityProvider } from './token.ts';

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

/**
 * Identity tokens by application default credentials: metadata server, key file, workload identity federation.
 *
 * @param signerAccount the service account to impersonate, which needs `roles/iam.serviceAccountOpenIdTokenCreator` for
 * whoever runs this; without one the token names the default account itself
 */
export function googleIdentity(signerAccount?: string): IdentityProvider {
  const open = openOnce();
  return {
    async token() {
      try {
        const auth = await open();
        return signerAccount === undefined ? await ownToken(auth) : await impersonatedToken(auth, signerAccount);
      } catch (error) {
        throw identityUnavailable(`asking Google for an identity token of ${signerAccount ?? 'this machine'}`, error);
      }
    },
  };
}

async function ownToken(auth: GoogleAuth): Promise<string> {
  const client = await auth.getIdTokenClient(AUDIENCE);
  return client.idTokenProvider.fetchIdToken(AUDIENCE);
}

/** https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateIdToken */
async function impersonatedToken(auth: GoogleAuth, account: string): Promise<string> {
  const { Impersonated } = await import('google-auth-library');
  const sourceClient = await auth.getClient();
  const impersonated = new Impersonated({ sourceClient, targetPrincipal: account, targetScopes: [SCOPE] });
  return impersonated.fetchIdToken(AUDIENCE, { includeEmail: true });
}

/** OAuth access tokens by application default credentials, for Google's own services. */
export function googleAccessToken(): () => Promise<string> {
  const open = openOnce();
  return async () => {
    try {
      const token = await (await open()).getAccessToken();
      if (typeof token === 'string') return token;
    } catch (error) {
      throw identityUnavailable('asking Google for an access token', error);
    }
    throw identityUnavailable('asking Google for an access token', new Error('it gave none'));
  };
}

/** Every command that may sign comes by here, and loading the library takes a tenth of the time of a short one. */
function openOnce(): () => Promise<GoogleAuth> {
  let auth: Promise<GoogleAuth> | undefined;
  return () => (auth ??= openAuth());
}

async function openAuth(): Promise<GoogleAuth> {
  const { GoogleAuth } = await import('google-auth-library');
  // Without a project id an external account's client looks one up with an API that is often not enabled.
  return new GoogleAuth({ scopes: [SCOPE], projectId: 'unused' });
}
