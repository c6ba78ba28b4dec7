import { cancellationSignal } from '@temporalio/activity';
import pMap from 'p-map';
import { PromoterError, isTransient, messageOf } from '../errors.ts';
import { stricterRule, type ApprovalRule } from '../gate/approval-rule.ts';
import type { GitSource } from '../manifest/git-source.ts';
import { draftPlan } from '../plan/draft.ts';
import type { BrokenHost } from '../plan/judgement.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withPulse } from './pulse.ts';
import { readManifests, readOnly, storeManifests } from './manifests.ts';
import { wantsProvenance } from './provenance-policy.ts';
import { checkRequest, type CheckedRequest, type StoredRequest } from './request.ts';
import { cannotSign } from './sign.ts';
import type { PinnedTrust } from './trust.ts';
import { createAcquireWriters } from './writers.ts';

/** What Setup found out: small, and all that the later phases need to know of the request. */
export interface SetupResult {
  /** With its manifests in the plan store, wherever they came from, and the commit they were found at. */
  readonly request: StoredRequest;
  readonly manifests: {
    readonly bundle: string;
    readonly files: number;
    readonly images: number;
    readonly digests: number;
    readonly edges: number;
  };
  /** The registries that the manifests name as destinations. */
  readonly destinations: readonly string[];
  /** Hosts of the staging registries. */
  readonly sources: readonly string[];
  /** Destination hosts that can be used. */
  readonly hosts: readonly string[];
  /** Whether no other run writes to them until this one gives them back; where absent, that is still to be seen to. */
  readonly acquired?: boolean;
  /** Destination hosts that cannot be used; their edges are quarantined. */
  readonly broken: readonly BrokenHost[];
  /** Who has to let the run promote, and how long it waits for that in milliseconds. */
  readonly approval: {
    readonly rule: ApprovalRule;
    readonly timeoutMs?: number;
    /** Where workers look at the signature of the commit themselves; absent where that is no proof. */
    readonly url?: string;
  };
  /** Whether any manifest or the request wants build provenance looked at. */
  readonly provenance: boolean;
  /** Until when nobody need look whether there is a freeze, in milliseconds since the epoch; absent where one is known of. */
  readonly noFreezeUntil?: number;
  /** Whether this worker has anybody to tell what happens to the run. */
  readonly notifies?: boolean;
  /** Set where what writes is for workers of another queue: this one cannot. */
  readonly writesApart?: boolean;
  readonly warnings: readonly string[];
}

const HOSTS_AT_ONCE = 32;
/** Workers may be configured anew while a run waits. */
const CALENDAR_HOLDS_MS = 60_000;

/**
 * Checks the request, fetches and reads the manifests it names and greets every registry host with our credentials.
 *
 * A destination host that does not answer costs its own edges; under `strict`, and when none answers, the phase fails. A
 * run that is to write becomes the only one that may, last of all: what fails before leaves nothing to be given back.
 *
 * @throws PromoterError `RequestInvalid`, `ManifestInvalid`, `GitUnavailable`, `Store*`, `Registry*`, `RunConflict`,
 *   `TemporalUnavailable`
 */
export function createSetup(dependencies: ActivityDependencies, trust: PinnedTrust, now: () => number = Date.now) {
  const { registry, store, signing, gate, notifies = false, writesApart = false } = dependencies;
  const acquireWriters = createAcquireWriters(dependencies);
  return async function setup(input: { readonly run: string; readonly request: unknown }): Promise<SetupResult> {
    const asked = checkRequest(input.request);
    const request = await withPulse(
      () => undefined,
      () => storedRequest(asked),
    );
    const { manifests, warnings, files } = await readManifests(store, request);
    const draft = draftPlan(manifests, await readOnly(store, request));
    const provenance = wantsProvenance(manifests, request);
    await openSigning(input.run, request);
    const broken = await withPulse(
      () => undefined,
      async () => {
        const destinations = greetDestinations(draft.destinationHosts, request.strict === true);
        await Promise.all([greetSources(draft.sourceHosts), destinations]);
        return destinations;
      },
    );
    const hosts = draft.destinationHosts.filter((host) => !broken.some((one) => one.host === host));
    const acquired = request.confirm === true;
    if (acquired) await acquireWriters({ hosts });
    const approval = approvalOf(request, asked.git);
    const knowsFreeze = gate.freeze.length + (request.freeze?.length ?? 0) > 0;
    return {
      request,
      manifests: {
        bundle: request.manifests,
        files,
        images: manifests.reduce((sum, { images }) => sum + images.length, 0),
        digests: manifests.reduce(
          (sum, { images }) => sum + images.reduce((n, image) => n + image.digests.length, 0),
          0,
        ),
        edges: draft.edges,
      },
      destinations: [...new Set(manifests.flatMap(({ destinations }) => destinations))].sort(),
      sources: draft.sourceHosts,
      hosts,
      acquired,
      broken,
      provenance,
      approval,
      // Who waits for people looks again: that also is a point to which a run can be reset with its approval.
      ...(approval.rule === 'none' && !knowsFreeze ? { noFreezeUntil: now() + CALENDAR_HOLDS_MS } : {}),
      notifies,
      ...(writesApart ? { writesApart } : {}),
      warnings: warnings.slice(0, 100),
    };
  };

  function approvalOf(
    { approval, approvalTimeout = gate.timeoutMs, confirm }: StoredRequest,
    git: GitSource | undefined,
  ): SetupResult['approval'] {
    const rule = stricterRule(gate.rule, approval);
    const looking = rule === 'signed-commit' && confirm === true && gate.proveSignature !== undefined;
    // A request may name any commit beside an upload; what Setup has fetched is of the commit.
    if (looking && git === undefined) throw uploaded();
    return {
      rule,
      ...(approvalTimeout === undefined ? {} : { timeoutMs: approvalTimeout }),
      ...(looking && git !== undefined ? { url: git.url } : {}),
    };
  }

  async function storedRequest(request: CheckedRequest): Promise<StoredRequest> {
    const { git: _, ...options } = request;
    return { ...options, ...(await storeManifests(dependencies, request, cancellationSignal())) };
  }

  // What signing takes is opened now, so that a run that cannot sign ends before it copies anything.
  async function openSigning(run: string, request: StoredRequest): Promise<void> {
    if (request.confirm !== true || request.sign === false) return;
    // Who only reads does not sign either; whom signatures have to convince is known to both.
    if (writesApart) return void (await trust.of(run));
    if (signing.context === undefined) throw cannotSign();
    await Promise.all([signing.context(), trust.of(run)]);
  }

  async function greetSources(hosts: readonly string[]): Promise<void> {
    await pMap(hosts, (host) => registry.ping(host, { signal: cancellationSignal() }), { concurrency: HOSTS_AT_ONCE });
  }

  async function greetDestinations(hosts: readonly string[], strict: boolean): Promise<readonly BrokenHost[]> {
    const errors = await pMap(
      hosts,
      async (host): Promise<{ host: string; error: PromoterError } | undefined> => {
        try {
          await registry.ping(host, { signal: cancellationSignal() });
          return undefined;
        } catch (error) {
          if (error instanceof PromoterError) return { host, error };
          throw error;
        }
      },
      { concurrency: HOSTS_AT_ONCE },
    );
    const broken = errors.filter((error) => error !== undefined);
    const [first] = broken;
    if (first !== undefined && (strict || broken.length === hosts.length)) throw refuse(first.error, broken, hosts);
    return broken.map(({ host, error }) => ({ host, reason: error.code, message: error.message }));
  }
}

function uploaded(): PromoterError {
  return new PromoterError(
    'RequestInvalid',
    'the signature of the commit is to be checked, and the manifests were uploaded: have the workers take them from git (--git-url, --git-ref)',
  );
}

function refuse(
  first: PromoterError,
  broken: readonly { host: string; error: PromoterError }[],
  hosts: readonly string[],
): PromoterError {
  const decisive = broken.find(({ error }) => isTransient(error.code))?.error ?? first;
  const how = broken.length === hosts.length ? 'no destination can be used' : 'strict: a destination cannot be used';
  const reasons = broken.map(({ error }) => messageOf(error)).join('; ');
  return new PromoterError(decisive.code, `${how}: ${reasons}`, { cause: decisive });
}
