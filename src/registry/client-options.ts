import type { Digest, RegistryName, RepositoryName, Tag } from '../reference.ts';
import type { CircuitPolicy } from './circuit-breaker.ts';
import type { Clock } from './clock.ts';
import type { CredentialsProvider } from './credentials.ts';
import type { Proxies } from './dispatchers.ts';
import type { BodySource, Layer } from './exchange.ts';
import type { BudgetView } from './host-budget.ts';
import type { HostPolicy } from './host-policy.ts';
import type { MetricsView } from './metrics.ts';
import type { CallOptions, Descriptor, ManifestContent, Registry } from './registry.ts';
import type { RetryPolicy } from './retry.ts';
import type { SharingOptions } from './shared-budgets.ts';
import type { Timeouts } from './transport.ts';
import type { HeldRepository, WalkOptions } from './walk.ts';

export interface RegistryOptions {
  /** Default: every host is used anonymously. */
  readonly credentials?: CredentialsProvider;
  readonly policies?: readonly HostPolicy[];
  /** The most that a host without a policy of its own is asked in a second. Default: by its preset. */
  readonly requestsPerSecond?: number;
  /** Hosts, with their port, that speak plain HTTP though they are not loopback. */
  readonly plainHttpHosts?: readonly string[];
  /** Default: from the environment. */
  readonly proxies?: Proxies;
  /** PEM certificates to trust besides those that Node trusts (and `NODE_EXTRA_CA_CERTS` names). */
  readonly ca?: readonly string[];
  readonly timeouts?: Partial<Timeouts>;
  readonly retry?: Partial<RetryPolicy>;
  readonly circuit?: Partial<CircuitPolicy>;
  readonly clock?: Clock;
  /** Where other processes ask the same hosts: keep within a share of what each of them allows. */
  readonly sharing?: SharingOptions;
  readonly observer?: RegistryObserver;
}

/** Somebody who looks on. */
export interface RegistryObserver {
  /** Around every request as it goes out, each try by itself. */
  readonly layer: Layer;
  /** Told how long a request had to wait for its turn, in milliseconds. */
  waited(host: string, waitedMs: number): void;
}

/** Counters since the client was made, and the budgets as they are now. */
export interface RegistryStats extends MetricsView {
  readonly budgets: readonly BudgetView[];
}

/** A {@link Registry} over real connections, with what only its owner needs. */
export interface RegistryClient extends Registry {
  /** Uploads a blob in as few requests as the host allows: one POST, else POST and PUT. Like `putBlob`, not tried again. */
  putBlobAtOnce(
    repository: RepositoryName,
    blob: Pick<Descriptor, 'digest' | 'size'>,
    content: BodySource,
    options?: CallOptions,
  ): Promise<void>;
  /** A blob held in memory, hashed before it is believed; `undefined` where the repository has none. */
  readBlob(repository: RepositoryName, digest: Digest, options?: CallOptions): Promise<Uint8Array | undefined>;
  /** Takes a tag away; what it points to stays. False where the registry does not let us. */
  deleteTag(repository: RepositoryName, tag: Tag, options?: CallOptions): Promise<boolean>;
  /** Writes a manifest with a `subject` and sees to it that it is listed as that subject's referrer. */
  pushReferrer(
    repository: RepositoryName,
    subject: Pick<Descriptor, 'digest'>,
    manifest: ManifestContent,
    options?: CallOptions,
  ): Promise<void>;
  /** Tells which repositories will be used, so that one token request covers many of them. Costs no request by itself. */
  expectAccess(repositories: Iterable<RepositoryName>, access: 'pull' | 'push'): void;
  /** Reads every repository at or below a registry; see `walk.ts`. */
  walk(registry: RegistryName, options?: WalkOptions): AsyncIterable<HeldRepository>;
  /** Limits a host to so many requests a second from now on. */
  setCeiling(host: string, requestsPerSecond: number): void;
  stats(): RegistryStats;
  /** Lets go of all connections; calls that are under way fail. */
  close(): Promise<void>;
}
