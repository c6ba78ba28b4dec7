import { PromoterError, messageOf } from '../../errors.ts';

/** The audience that Fulcio asks for. */
export const AUDIENCE = 'sigstore';

/** Where identity tokens come from (OpenID Connect ID tokens with the audience `sigstore`). */
export interface IdentityProvider {
  /** @throws PromoterError `IdentityUnavailable`; no message ever contains the token */
  token(): Promise<string>;
}

/** What of a token's claims matters here. They are read, not verified: that is Fulcio's office. */
export interface TokenClaims {
  /** What Fulcio wants proof of possession over: the e-mail address if there is one, else the subject. */
  readonly subject: string;
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Reads the claims of a JSON Web Token (RFC 7519, 4.1).
 *
 * @throws PromoterError `IdentityUnavailable` naming the claim that is wrong
 */
export function tokenClaims(token: string): TokenClaims {
  const payload = decodePayload(token);
  const { email, email_verified: verified, sub, iss, exp } = payload;
  if (typeof iss !== 'string') throw malformed('it names no issuer (iss)');
  if (typeof exp !== 'number') throw malformed('it names no time of expiry (exp)');
  if (typeof email === 'string' && email !== '') {
    if (verified !== true && verified !== 'true') throw malformed(`its e-mail address ${email} is not verified`);
    return { subject: email, issuer: iss, expiresAt: exp * 1000 };
  }
  if (typeof sub !== 'string' || sub === '') throw malformed('it names no subject (sub)');
  return { subject: sub, issuer: iss, expiresAt: exp * 1000 };
}

export interface CacheOptions {
  /** How long before its expiry a token is replaced; one minute unless given. */
  readonly marginMs?: number;
  readonly now?: () => number;
}

/**
 * Keeps a provider's token until shortly before it expires, and asks for a new one only once at a time.
 *
 * @throws PromoterError `IdentityUnavailable` from `token()` when the provider hands out an expired token
 */
export function cacheTokens(provider: IdentityProvider, options: CacheOptions = {}): IdentityProvider {
  const { marginMs = 60_000, now = Date.now } = options;
  let cached: { readonly token: string; readonly expiresAt: number } | undefined;
  let renewal: Promise<string> | undefined;

  async function renew(): Promise<string> {
    const token = await provider.token();
    const { expiresAt, subject } = tokenClaims(token);
    if (expiresAt <= now()) {
      throw new PromoterError(
        'IdentityUnavailable',
        `the identity token for ${subject} expired at ${timeOf(expiresAt)}, and this machine's clock says ${timeOf(now())}: renew what provides it, or set the clock`,
      );
    }
    cached = { token, expiresAt };
    return token;
  }

  return {
    async token() {
      if (cached !== undefined && cached.expiresAt - marginMs > now()) return cached.token;
      renewal ??= renew().finally(() => {
        renewal = undefined;
      });
      return renewal;
    },
  };
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function decodePayload(token: string): Readonly<Record<string, unknown>> {
  const parts = token.split('.');
  if (parts.length !== 3) throw malformed(`it has ${parts.length} parts instead of 3`);
  try {
    const payload: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
    if (typeof payload === 'object' && payload !== null) return payload as Record<string, unknown>;
  } catch {
    // The parser's message quotes the text, which must not be shown.
  }
  throw malformed('its payload is not a JSON object');
}

function malformed(why: string): PromoterError {
  return new PromoterError('IdentityUnavailable', `what the identity provider gave is not an identity token: ${why}`);
}

/** An error for a provider that could not be asked. */
export function identityUnavailable(doing: string, error: unknown): PromoterError {
  return new PromoterError('IdentityUnavailable', `${doing}: ${messageOf(error)}`, { cause: error });
}
