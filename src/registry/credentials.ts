/** How to prove to a registry, or to its token server, who we are. */
export type Credentials =
  | {
      readonly kind: 'password';
      readonly username: string;
      readonly password: string;
      /** When it has to be asked for anew, in milliseconds of `performance.now()`; absent: it lasts. */
      readonly freshUntil?: number;
    }
  /** Exchanged for tokens at the token server (OAuth 2 refresh token). */
  | { readonly kind: 'identityToken'; readonly token: string }
  /** Sent as it is. */
  | { readonly kind: 'registryToken'; readonly token: string };

/**
 * Finds the credentials for a host; undefined means that it is used anonymously. `renew` is set after the host refused
 * what was found before: nothing remembered may be given again.
 *
 * @throws PromoterError `ConfigInvalid` or `ProgramMissing` when they cannot be read
 */
export type CredentialsProvider = (
  host: string,
  options?: { readonly renew?: boolean },
) => Promise<Credentials | undefined>;

/** `Authorization` by user name and password (RFC 7617). */
export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}
