import { PromoterError } from '../errors.ts';
import type { Credentials, CredentialsProvider } from './credentials.ts';
import type { HostPolicy } from './host-policy.ts';
import { type PresetName, presetOf } from './host-presets.ts';

/** What a cloud gave for one of its registries. */
export interface CloudGrant {
  readonly credentials: Credentials;
  /** Absent: whoever gives it keeps it fresh, and is asked again every minute. */
  readonly endsAt?: Date;
}

/** How a vendor's own credentials become those of its registries. */
export interface CloudSource {
  /** Whether the environment shows such credentials; no network is asked. */
  readonly isAtHand: () => boolean | Promise<boolean>;
  /** @throws PromoterError `IdentityUnavailable` when the cloud gives none */
  readonly grant: (host: string) => Promise<CloudGrant>;
}

export type CloudSources = Readonly<Partial<Record<PresetName, CloudSource>>>;

interface Known {
  readonly grant: Promise<CloudGrant>;
  /** Set once it is known when the grant ends. */
  freshUntil: number;
}

/** A grant is replaced this long before it ends, or after four fifths of its life if that is short. */
const MARGIN_MS = 15 * 60_000;
const MARGIN_SHARE = 0.2;
const ASK_AGAIN_MS = 60_000;

/**
 * Credentials by the host's vendor, of whom only the registry of that vendor learns. A grant is asked for once for all that
 * wait, and anew before it ends.
 */
function createGrants(sources: CloudSources, now: () => number) {
  const known = new Map<string, Known>();
  return async function granted(preset: PresetName, host: string, renew: boolean): Promise<Credentials> {
    let entry = known.get(host);
    if (entry === undefined || entry.freshUntil <= now() || renew) {
      const asked: Known = { grant: sources[preset]!.grant(host), freshUntil: Number.POSITIVE_INFINITY };
      known.set(host, asked);
      asked.grant.then(
        ({ endsAt }) => (asked.freshUntil = now() + freshMs(endsAt)),
        () => known.delete(host),
      );
      entry = asked;
    }
    const { credentials } = await entry.grant;
    return credentials.kind === 'password' ? { ...credentials, freshUntil: entry.freshUntil } : credentials;
  };
}

function freshMs(endsAt: Date | undefined): number {
  if (endsAt === undefined) return ASK_AGAIN_MS;
  const lifeMs = Math.max(0, endsAt.getTime() - Date.now());
  return lifeMs - Math.min(MARGIN_MS, lifeMs * MARGIN_SHARE);
}

/**
 * Finds credentials as the policy of each host says: Docker's, its vendor's cloud's, or none. Unless it says, Docker's come
 * first, and the cloud's where the host is that vendor's own and the environment shows credentials.
 *
 * @throws PromoterError `ConfigInvalid` where `cloud` is demanded of a vendor that has none; what a source throws
 */
export function createCredentials(options: {
  readonly docker: CredentialsProvider;
  readonly sources: CloudSources;
  readonly policies: readonly HostPolicy[];
  readonly now?: () => number;
}): CredentialsProvider {
  const { docker, sources, now = () => performance.now() } = options;
  const policies = new Map(options.policies.map((policy) => [policy.host, policy]));
  const granted = createGrants(sources, now);

  return async function credentials(host, { renew = false } = {}) {
    const policy = policies.get(host);
    switch (policy?.credentials) {
      case 'none':
        return undefined;
      case 'docker':
        return docker(host, { renew });
      case 'cloud':
        return granted(demanded(host, policy), host, renew);
      case undefined: {
        const kept = await docker(host, { renew });
        if (kept !== undefined) return kept;
        // By the host's own name alone: a preset that was named for its limits is no reason to send it a token.
        const { name } = presetOf(host);
        return (await sources[name]?.isAtHand()) === true ? granted(name, host, renew) : undefined;
      }
    }
  };

  function demanded(host: string, policy: HostPolicy): PresetName {
    const { name } = presetOf(host, policy.preset);
    if (sources[name] !== undefined) return name;
    throw new PromoterError(
      'ConfigInvalid',
      `credentials of a cloud are demanded for ${host}, and its preset '${name}' has none: name one of ${Object.keys(sources).join(', ')}, or credentials: docker`,
    );
  }
}
