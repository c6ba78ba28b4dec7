/** Scopes as token servers know them, e.g. `repository:app:pull,push`, taken apart: resource to actions. */
export type Grants = ReadonlyMap<string, ReadonlySet<string>>;

/** Takes scopes apart. A name may hold colons of its own, so the actions are what follows the last one. */
export function grantsOf(scopes: readonly string[]): Grants {
  const grants = new Map<string, Set<string>>();
  for (const scope of scopes) {
    const colon = scope.lastIndexOf(':');
    const resource = scope.slice(0, colon);
    const actions = grants.get(resource) ?? new Set();
    for (const action of scope.slice(colon + 1).split(',')) actions.add(action);
    grants.set(resource, actions);
  }
  return grants;
}

/** The fewest scopes that say the same. */
export function unionOf(scopes: readonly string[]): string[] {
  return [...grantsOf(scopes)].map(([resource, actions]) => `${resource}:${[...actions].sort().join(',')}`);
}

/** Whether grants allow all that is needed. */
export function covers(grants: Grants, needs: Grants): boolean {
  for (const [resource, actions] of needs) {
    const granted = grants.get(resource);
    if (granted === undefined) return false;
    for (const action of actions) if (!granted.has(action)) return false;
  }
  return true;
}
