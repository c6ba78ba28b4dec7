import type { RepositoryName } from '../reference.ts';
import { hostOf } from '../reference.ts';
import { createAuthentication } from './authentication.ts';
import { openBlob } from './blob-stream.ts';
import { hasBlob, readBlob } from './blobs.ts';
import { createBudgets } from './budgets.ts';
import type { Caller } from './call.ts';
import { scopesOf } from './call.ts';
import { createCircuitBreaker, DEFAULT_CIRCUIT } from './circuit-breaker.ts';
import type { RegistryClient, RegistryOptions } from './client-options.ts';
import { systemClock } from './clock.ts';
import { concealment } from './concealment.ts';
import { createDispatchers } from './dispatchers.ts';
import { originOf } from './endpoint.ts';
import { compose } from './exchange.ts';
import { endpointRulesBy, limitsBy } from './host-policy.ts';
import { createKeyedQueue } from './keyed-queue.ts';
import { listRepository } from './listing.ts';
import { getManifest, headManifest, putManifest } from './manifests.ts';
import { createMetrics } from './metrics.ts';
import { createNetworkGuard } from './network-guard.ts';
import { ping } from './ping.ts';
import { createRedirects } from './redirect.ts';
import { pushReferrer } from './referrer-push.ts';
import type { ReferrersMemory } from './referrers.ts';
import { listReferrers } from './referrers.ts';
import type { Registry } from './registry.ts';
import { createRetry, DEFAULT_RETRY } from './retry.ts';
import type { SinglePostMemory } from './single-post.ts';
import { putBlobAtOnce } from './single-post.ts';
import { deleteTag } from './tag-deletion.ts';
import { trafficLayer } from './traffic.ts';
import { createTransport, DEFAULT_TIMEOUTS } from './transport.ts';
import { mountBlob, openUpload, probeWrite, putBlob } from './uploads.ts';
import { walkRegistry } from './walk.ts';

/** Creates the process's registry client: one pool of connections with its layers. It makes no request by itself. */
export function createRegistry(options: RegistryOptions = {}): RegistryClient {
  const { clock = systemClock, policies = [], plainHttpHosts = [] } = options;
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };
  const retry = { ...DEFAULT_RETRY, ...options.retry };
  const guard = createNetworkGuard();
  const dispatchers = createDispatchers({ ...options, timeouts });
  const metrics = createMetrics();
  const budgets = createBudgets({
    limitsOf: limitsBy(policies, options.requestsPerSecond, options.sharing?.part),
    maxPauseMs: retry.maxObeyedMs,
    clock,
    waited(host, ms) {
      metrics.waited(host, ms);
      options.observer?.waited(host, ms);
    },
    ...(options.sharing && { sharing: options.sharing }),
  });
  const authentication = createAuthentication({
    credentials: options.credentials ?? (() => Promise.resolve(undefined)),
    guard,
    now: () => clock.now(),
  });
  const rules = endpointRulesBy(policies, plainHttpHosts);
  const caller: Caller = {
    originOf: (host) => originOf(host, rules),
    guard,
    send: compose(
      createTransport((url) => dispatchers.of(url), timeouts),
      [
        createCircuitBreaker({ ...DEFAULT_CIRCUIT, ...options.circuit }, clock),
        createRetry(retry, clock),
        authentication.layer,
        createRedirects(guard),
        budgets.layer,
        metrics.layer,
        trafficLayer,
        ...(options.observer === undefined ? [] : [options.observer.layer]),
        concealment,
      ],
    ),
  };
  const operations = operationsOf(caller, () => clock.now());
  const queue = createKeyedQueue();
  const singlePosts: SinglePostMemory = new Map();
  return {
    ...operations,
    putBlobAtOnce: (...call) => putBlobAtOnce(caller, singlePosts, ...call),
    readBlob: (...call) => readBlob(caller, ...call),
    deleteTag: (...call) => deleteTag(caller, ...call),
    pushReferrer: (...call) => pushReferrer(operations, queue, ...call),
    expectAccess(repositories, access) {
      for (const [host, scopes] of scopesByHost(repositories, access)) authentication.expect(host, scopes);
    },
    walk: (...call) => walkRegistry(caller, ...call),
    setCeiling: (host, requestsPerSecond) => budgets.setCeiling(host, requestsPerSecond),
    stats: () => ({ ...metrics.view(), budgets: budgets.view() }),
    close: () => {
      budgets.close();
      return dispatchers.close();
    },
  };
}

function operationsOf(caller: Caller, now: () => number): Registry {
  const memory: ReferrersMemory = { withoutApiUntil: new Map(), now };
  return {
    ping: (...call) => ping(caller, ...call),
    probeWrite: (...call) => probeWrite(caller, ...call),
    listRepository: (...call) => listRepository(caller, ...call),
    headManifest: (...call) => headManifest(caller, ...call),
    getManifest: (...call) => getManifest(caller, ...call),
    putManifest: (...call) => putManifest(caller, ...call),
    hasBlob: (...call) => hasBlob(caller, ...call),
    openBlob: (...call) => openBlob(caller, ...call),
    mountBlob: (...call) => mountBlob(caller, ...call),
    openUpload: (...call) => openUpload(caller, ...call),
    putBlob: (...call) => putBlob(caller, ...call),
    listReferrers: (...call) => listReferrers(caller, memory, ...call),
  };
}

function scopesByHost(repositories: Iterable<RepositoryName>, access: 'pull' | 'push'): Map<string, string[]> {
  const scopes = new Map<string, string[]>();
  for (const repository of repositories) {
    const host = hostOf(repository);
    scopes.set(host, [...(scopes.get(host) ?? []), ...scopesOf(repository, access)]);
  }
  return scopes;
}
