import { createHash } from 'node:crypto';
import type { GitSource } from '../manifest/git-source.ts';
import type { PromotionRequest } from '../workflows/promotion-request.ts';

/**
 * What makes a request the same as another: what it would do. How long it waits, how often it retries and who started it
 * are left out, so that the same command in another terminal goes on with the run of the first.
 *
 * @returns 64 hex digits
 */
export function requestIdentity(request: PromotionRequest): string {
  const { manifests, git, confirm = false, strict = false, lenient = false, sign = true, only = '' } = request;
  const { signatures = {}, provenance = 'warn', requireSignatures = false, signExisting = false } = request;
  const { approval = 'none', freeze = [], overrideFreeze = '' } = request;
  const rules = JSON.stringify(sorted(signatures));
  const flags = [confirm, strict, lenient, sign, requireSignatures, signExisting].map(String);
  const gates = [request.vulnerabilities ?? {}, request.provenanceRules ?? {}].map((gate) =>
    JSON.stringify(sorted(gate)),
  );
  const origin = manifests ?? JSON.stringify(sorted(git ?? {}));
  return hash([origin, ...flags, only, provenance, rules, ...gates, approval, JSON.stringify(freeze), overrideFreeze]);
}

/**
 * The workflow id of a promotion: its destinations make it, so that there is one at a time for a production.
 *
 * @param destinations the registries of the manifests that are written to
 */
export function promotionId(destinations: Iterable<string>): string {
  const sorted = [...new Set(destinations)].sort();
  const [first = 'nowhere', ...others] = sorted;
  const host = first.split('/', 1)[0];
  const more = others.length === 0 ? '' : `+${others.length}`;
  return `promotion/${host}${more}-${hash(sorted).slice(0, 8)}`;
}

/**
 * The workflow id of a promotion whose manifests workers take from git: their place makes it, whatever commit is asked
 * for. A run under another id that has a destination in common is kept away by the writer lease.
 */
export function repositoryPromotionId({ url, thinManifestDir, manifest }: GitSource): string {
  const name = url
    .replace(/\/+$/, '')
    .split('/')
    .at(-1)
    ?.replace(/\.git$/, '');
  return `promotion/${name}-${hash([url, thinManifestDir ?? '', manifest ?? '']).slice(0, 8)}`;
}

/** The workflow id of a dry run: any number of different ones may run at once. */
export function dryRunId(request: PromotionRequest): string {
  return `dry-run/${requestIdentity(request).slice(0, 16)}`;
}

function sorted(fields: object): readonly (readonly [string, unknown])[] {
  return Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
