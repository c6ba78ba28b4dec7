import type { GateDependencies } from './activities/approval.ts';
import type { Config } from './config.ts';
import { proveSignature } from './gate/commit-signature.ts';
import { openGitHubProofs } from './gate/github-proof.ts';

/** Makes of a configuration what holds up promotions, and whom it asks for proof. @param environment has `GITHUB_TOKEN` */
export function openGate(
  { gate: { allowedSigners, ...gate }, gitSchemes: schemes }: Pick<Config, 'gate' | 'gitSchemes'>,
  environment: Readonly<Record<string, string | undefined>>,
): GateDependencies {
  const proofs = openGitHubProofs(environment['GITHUB_TOKEN'], environment['GITHUB_API_URL']);
  if (allowedSigners === undefined) return { ...gate, proofs };
  return {
    ...gate,
    proofs,
    proveSignature: (commit, signal) => proveSignature(commit, { allowedSigners, schemes, signal }),
  };
}
