import { cancellationSignal } from '@temporalio/activity';
import pMap from 'p-map';
import { PromoterError, isTransient, messageOf } from '../errors.ts';
import { bundleFromBytes, parseBundle } from '../manifest/bundle.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { draftPlan } from '../plan/draft.ts';
import { getEdges } from '../plan/document.ts';
import type { BrokenHost } from '../plan/judgement.ts';
import { edgeKey } from '../plan/draft.ts';
import type { PlanStore } from '../plan/store.ts';
import type { Digest } from '../reference.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { withPulse } from './pulse.ts';
import { checkRequest, type CheckedRequest } from './request.ts';

/** What Setup found out: small, and all that the later phases need to know of the request. */
export interface SetupResult {
  readonly request: CheckedRequest;
  readonly manifests: {
    readonly files: number;
    readonly images: number;
    readonly digests: number;
    readonly edges: number;
  };
  /** The registries that the manifests name as destinations. */
  readonly destinations: readonly string[];
  /** Destination hosts that cannot be used; their edges are quarantined. */
  readonly broken: readonly BrokenHost[];
  readonly warnings: readonly string[];
}

const HOSTS_AT_ONCE = 32;

/**
 * Checks the request, reads the manifests it names and greets every registry host with our credentials.
 *
 * A destination host that does not answer costs its own edges; under `strict`, and when none answers, the phase fails.
 *
 * @throws PromoterError `RequestInvalid`, `ManifestInvalid`, `Store*`, `Registry*`
 */
export function createSetup({ registry, store }: ActivityDependencies) {
  return async function setup(input: { readonly request: unknown }): Promise<SetupResult> {
    const request = checkRequest(input.request);
    const { manifests, warnings, files } = await readManifests(store, request);
    const draft = draftPlan(manifests, await readOnly(store, request));
    const broken = await withPulse(
      () => undefined,
      async () => {
        await greetSources(draft.sourceHosts);
        return greetDestinations(draft.destinationHosts, request.strict === true);
      },
    );
    return {
      request,
      manifests: {
        files,
        images: manifests.reduce((sum, { images }) => sum + images.length, 0),
        digests: manifests.reduce(
          (sum, { images }) => sum + images.reduce((n, image) => n + image.digests.length, 0),
          0,
        ),
        edges: draft.edges,
      },
      destinations: [...new Set(manifests.flatMap(({ destinations }) => destinations))].sort(),
      broken,
      warnings: warnings.slice(0, 100),
    };
  };

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

/** The manifests of a request, read from the plan store. */
export async function readManifests(
  store: PlanStore,
  request: CheckedRequest,
): Promise<{ manifests: readonly Manifest[]; warnings: readonly string[]; files: number }> {
  const bundle = bundleFromBytes(await store.get(request.manifests as Digest));
  const { manifests, warnings } = parseBundle(bundle, { lenient: request.lenient === true });
  return {
    manifests,
    warnings: warnings.map(({ file, line, message }) => `${file}${line === undefined ? '' : `:${line}`}: ${message}`),
    files: bundle.files.length,
  };
}

/** The edges that a request restricts its run to, if it does. */
export async function readOnly(store: PlanStore, request: CheckedRequest): Promise<ReadonlySet<string> | undefined> {
  if (request.only === undefined) return undefined;
  return new Set((await getEdges(store, request.only as Digest)).map(edgeKey));
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
