import type { PlanStore } from '../plan/store.ts';
import type { RepositoryName } from '../reference.ts';
import type { ImageCopier } from '../registry/copy.ts';
import type { Registry } from '../registry/registry.ts';
import type { SigningContext } from '../signing/signing-context.ts';
import type { TrustRoot } from '../signing/trust-root.ts';
import type { GateDependencies } from './approval.ts';
import type { HostCeilings } from './ceiling.ts';
import type { ManifestFetcher } from './manifests.ts';
import type { Scanners } from './vulnerabilities.ts';
import type { WriterLeases } from './writers.ts';

/** What the activities of a worker work with; made once per process. */
export interface ActivityDependencies {
  readonly registry: Registry;
  readonly copier: ImageCopier;
  readonly store: PlanStore;
  readonly fetchManifests: ManifestFetcher;
  readonly signing: SigningDependencies;
  readonly writers: WriterLeases;
  readonly ceilings: HostCeilings;
  readonly scanners: Scanners;
  readonly gate: GateDependencies;
  /** Whether there is anybody to tell what happens to runs. */
  readonly notifies?: boolean;
  /** Whether this worker only reads, and leaves what writes to workers of another queue. */
  readonly writesApart?: boolean;
}

/** What signing takes beside a run's trusted root. */
export type SignerContext = Omit<SigningContext, 'trust'>;

/** What verifying and signing take. */
export interface SigningDependencies {
  /** Whom this worker believes now. @throws PromoterError `TrustRootInvalid`, `SigningUnavailable` */
  readonly trustRoot: () => Promise<TrustRoot>;
  /**
   * Who signs and who testifies; absent on a worker that is not set up to sign.
   *
   * @throws PromoterError `ConfigInvalid`, `TrustRootInvalid`, `SigningUnavailable`
   */
  readonly context?: () => Promise<SignerContext>;
  /** The reference under which users pull what is in a production repository. */
  readonly identityOf: (repository: RepositoryName) => string;
  /** The one of several repositories of an identity that is signed first. */
  readonly canonicalOf: (repositories: readonly RepositoryName[]) => RepositoryName;
  /** Who promotes, as attestations name it. */
  readonly builderId: string;
}
