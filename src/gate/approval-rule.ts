/** Who lets a run promote: nobody has to, somebody who says so, or somebody who can prove it. */
export const APPROVAL_RULES = ['none', 'required', 'github-review', 'signed-commit'] as const;
export type ApprovalRule = (typeof APPROVAL_RULES)[number];

const PROOFS: ReadonlySet<ApprovalRule> = new Set(['github-review', 'signed-commit']);

/** Of what a worker is configured with and what a request asks for the stricter; of two proofs the worker's. */
export function stricterRule(configured: ApprovalRule, asked: ApprovalRule = 'none'): ApprovalRule {
  if (PROOFS.has(configured)) return configured;
  return asked === 'none' ? configured : PROOFS.has(asked) || configured === 'none' ? asked : configured;
}
