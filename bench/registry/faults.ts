import type { Route } from './route.ts';

/** What happens to a request instead of its answer, or to its answer. */
export type FaultAction =
  /** Answer with `status`. */
  | 'status'
  /** Close the connection. */
  | 'drop'
  /** Never answer. */
  | 'stall'
  /** Answer after `delayMs`. */
  | 'delay'
  /** Send half of the body, and then nothing, or close the connection. */
  | 'stallbody'
  | 'truncate'
  /** Alter the first byte of the body. */
  | 'corrupt';

/** Which requests go wrong, and how. The first rule that fires decides. */
export interface FaultRule {
  readonly action: FaultAction;
  /** Regular expressions. */
  readonly class?: string;
  readonly host?: string;
  readonly path?: string;
  readonly status?: number;
  readonly retryAfter?: string;
  readonly delayMs?: number;
  /** So many matches pass first. */
  readonly skip?: number;
  /** It fires so often. */
  readonly count?: number;
  /** Between 0 and 1. */
  readonly probability?: number;
}

export interface Faults {
  /** The rule that fires for a request. */
  match(host: string, route: Route): FaultRule | undefined;
}

/** Makes rules that have not fired yet. */
export function createFaults(rules: readonly FaultRule[]): Faults {
  const armed = rules.map((rule) => ({
    rule,
    patterns: { class: pattern(rule.class), host: pattern(rule.host), path: pattern(rule.path) },
    matched: 0,
    fired: 0,
  }));
  return {
    match(host, route) {
      for (const fault of armed) {
        const { rule, patterns } = fault;
        const matches =
          patterns.class.test(route.class) &&
          patterns.host.test(host) &&
          patterns.path.test(`${route.repository}/${route.reference}`);
        if (!matches) continue;
        fault.matched += 1;
        if (fault.matched <= (rule.skip ?? 0) || fault.fired >= (rule.count ?? Number.POSITIVE_INFINITY)) continue;
        if (Math.random() >= (rule.probability ?? 1)) continue;
        fault.fired += 1;
        return rule;
      }
      return undefined;
    },
  };
}

function pattern(text = ''): RegExp {
  return new RegExp(text);
}
