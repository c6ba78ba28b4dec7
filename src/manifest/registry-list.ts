import { messageOf } from '../errors.ts';
import type { RegistryName } from '../reference.ts';
import { parseRepository } from '../reference.ts';
import type { RawRegistry } from './grammar.ts';
import type { FileReview } from './review.ts';
import type { Located } from './yaml-decoder.ts';

/** Where images come from and where they go. */
export interface Registries {
  /** Absent when the list names none; that was reported. */
  readonly source?: RegistryName;
  readonly destinations: readonly RegistryName[];
}

/**
 * Checks the `registries:` of a manifest, with kpromo's messages (promoter/image/schema/manifest.go).
 *
 * Where kpromo's thin manifests may have two sources, the first is the source and the others are destinations: so it is
 * here too when those rules only warn.
 */
export function checkRegistries(
  written: Located<readonly Located<RawRegistry>[]> | undefined,
  kind: 'plain' | 'thin',
  review: FileReview,
): Registries {
  const registries = written?.value ?? [];
  if (kind === 'plain' && registries.length === 0) {
    review.report('problem', written?.at ?? 0, "'registries' field cannot be empty");
    return { destinations: [] };
  }
  const [first, second] = registries.filter(isSource);
  if (second !== undefined) review.report(review.plainRules, second.at, 'cannot have more than 1 source registry');
  if (first === undefined || nameOf(first) === '') {
    review.report('problem', first?.at ?? written?.at ?? 0, MISSING_SOURCE[kind]);
  }
  const named = new Map(registries.map((registry) => [registry, checkName(registry, review)]));
  const source = first === undefined ? undefined : named.get(first);
  const destinations = registries.filter((registry) => registry !== first);
  return { ...(source !== undefined && { source }), destinations: distinct(destinations, named, review) };
}

const MISSING_SOURCE = {
  plain: 'source registry must be set',
  thin: 'getting source registry: could not find source registry',
} as const;

function isSource(registry: Located<RawRegistry>): boolean {
  return registry.value.src?.value === true;
}

function nameOf(registry: Located<RawRegistry>): string {
  return registry.value.name?.value ?? '';
}

function checkName(registry: Located<RawRegistry>, review: FileReview): RegistryName | undefined {
  const at = registry.value.name?.at ?? registry.at;
  const name = nameOf(registry).replace(/\/+$/, '');
  if (name === '') {
    review.report(review.plainRules, at, "registries: 'name' field cannot be empty");
    return undefined;
  }
  try {
    // A registry is a repository without its last part.
    parseRepository(`${name}/image`);
    return name as RegistryName;
  } catch (thrown) {
    review.report('problem', at, `registries: '${name}' cannot hold images: ${messageOf(thrown)}`);
    return undefined;
  }
}

function distinct(
  registries: readonly Located<RawRegistry>[],
  named: ReadonlyMap<Located<RawRegistry>, RegistryName | undefined>,
  review: FileReview,
): readonly RegistryName[] {
  const seen = new Set<RegistryName>();
  for (const registry of registries) {
    const name = named.get(registry);
    if (name === undefined) continue;
    if (seen.has(name)) review.report('warning', registry.at, `registries: '${name}' is listed more than once`);
    seen.add(name);
  }
  return [...seen];
}
