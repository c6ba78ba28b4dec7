import { GoogleAuth } from 'google-auth-library';
import { identityUnavailable } from './token.ts';

/** OAuth access tokens by application default credentials, kept by the library until they expire. */
export function googleAccessTokens(): () => Promise<string> {
  const auth = new GoogleAuth({ scopes: ['https://www.googleapis.com/auth/cloud-platform'], projectId: 'unused' });
  return async () => {
    try {
      const token = await auth.getAccessToken();
      if (token === null || token === undefined) throw new Error('there is none');
      return token;
    } catch (error) {
      throw identityUnavailable('asking Google for an access token', error);
    }
  };
}
