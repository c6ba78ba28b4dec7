import { PromoterError } from '../errors.ts';
import { hostOf } from '../reference.ts';
import type { RegistryName, RepositoryName } from '../reference.ts';

/** Everything up to and including `match`, at segment borders, becomes `replace`. */
export interface IdentityRewrite {
  /** One or more path segments, or a host with path segments: `k8s-artifacts-prod/images`. */
  readonly match: string;
  /** The public name: `registry.k8s.io`. */
  readonly replace: string;
}

/** kpromo's only rule (promo-tools, internal/promoter/image/sign.go). */
export const KPROMO_REWRITES: readonly IdentityRewrite[] = [
  { match: 'k8s-artifacts-prod/images', replace: 'registry.k8s.io' },
];

/** The host on which kpromo signs when it can. */
const KPROMO_CANONICAL_HOST = 'us-central1-docker.pkg.dev';

/**
 * The name under which users pull what lies in a production repository; by the first rule that matches, else the
 * repository itself.
 *
 * @throws PromoterError `ConfigInvalid` when a rule matches nothing in particular
 */
export function imageIdentity(
  repository: RepositoryName,
  rewrites: readonly IdentityRewrite[] = KPROMO_REWRITES,
): string {
  for (const { match, replace } of rewrites) {
    if (match === '' || replace === '') {
      throw new PromoterError('ConfigInvalid', 'a rule for image identities needs both match and replace');
    }
    const at = `/${repository}/`.indexOf(`/${match}/`);
    if (at >= 0) return `${replace}${repository.slice(at + match.length)}`;
  }
  return repository;
}

/**
 * The one of several registries or repositories with the same identity on which signatures are made first: kpromo's
 * choice unless a host is given, else the first by name.
 */
export function canonicalOf<N extends RegistryName | RepositoryName>(
  names: readonly N[],
  preferredHost: string = KPROMO_CANONICAL_HOST,
): N | undefined {
  const [first] = names.toSorted((a, b) => {
    const preference = Number(hostOf(b) === preferredHost) - Number(hostOf(a) === preferredHost);
    return preference !== 0 ? preference : a < b ? -1 : 1;
  });
  return first;
}
