import { PromoterError } from '../errors.ts';
import { quarantineTarget } from '../plan/assembly.ts';
import type { Debt } from '../plan/document.ts';
import type { QuarantinedEdge } from '../plan/quarantine.ts';
import { hostOf, type Digest, type RepositoryName } from '../reference.ts';
import type { Descriptor } from '../registry/registry.ts';
import { handSignatures } from '../signing/copy-signatures.ts';
import { digestsOf } from '../signing/index-children.ts';
import { openSignatures } from '../signing/signature-source.ts';
import type { SigningContext } from '../signing/signing-context.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { sideBySide } from './side-by-side.ts';

const MIRRORS_AT_ONCE = 8;

/** One identity of a debt: where it is signed first, and who is given the signature then. */
export interface Claim {
  readonly identity: string;
  readonly canonical: RepositoryName;
  readonly targets: Debt['targets'];
}

/** The identities under which a debt's digest is pulled, as far as their hosts can be used. */
export function claimsOf(
  debt: Debt,
  { identityOf, canonicalOf }: ActivityDependencies['signing'],
  hosts: readonly string[],
): readonly Claim[] {
  const isUsable = (repository: RepositoryName): boolean => hosts.includes(hostOf(repository));
  const usable = debt.targets.filter(({ repository }) => isUsable(repository));
  const settled = Map.groupBy((debt.settled ?? []).filter(isUsable), identityOf);
  return [...Map.groupBy(usable, ({ repository }) => identityOf(repository))].map(([identity, targets]) => ({
    identity,
    canonical: canonicalOf([...targets.map(({ repository }) => repository), ...(settled.get(identity) ?? [])]),
    targets,
  }));
}

/** What tells a debt from another of its list. */
export function debtKey({ source, digest }: { readonly source: string; readonly digest: string }): string {
  return `${source}@${digest}`;
}

/** Everything that is signed of a digest; nothing when it never arrived, which the promote phase has reported. */
export async function subjectsAt(
  context: SigningContext,
  repository: RepositoryName,
  digest: Digest,
): Promise<readonly Descriptor[]> {
  try {
    return await digestsOf({ registry: context.registry, repository, digest });
  } catch (error) {
    if (error instanceof PromoterError && error.code === 'SourceLost') return [];
    throw error;
  }
}

/** Gives mirrors what the canonical repository has attached, which is read once for all of them; one that fails costs itself only. */
export async function handOver(
  context: SigningContext,
  options: {
    readonly debt: Debt;
    readonly canonical: RepositoryName;
    readonly mirrors: Debt['targets'];
    readonly subjects: readonly Descriptor[];
    readonly phase: 'sign' | 'attest';
  },
): Promise<{ readonly copied: number; readonly failures: readonly QuarantinedEdge[] }> {
  const { debt, canonical, mirrors, subjects, phase } = options;
  let copied = 0;
  const failures: QuarantinedEdge[] = [];
  const sources = subjects.map((subject) => openSignatures(context.registry, canonical, subject));
  await sideBySide(mirrors, MIRRORS_AT_ONCE, async (mirror) => {
    try {
      if ((await context.registry.headManifest(mirror.repository, debt.digest)) === undefined) return;
      for (const source of sources) {
        const { signatures, attestations, bundles } = await handSignatures(context, source, mirror.repository);
        copied += signatures + attestations + bundles;
      }
    } catch (error) {
      if (!(error instanceof PromoterError)) throw error;
      const message = `the signature of ${canonical}@${debt.digest} could not be handed to ${mirror.repository}: ${error.message}`;
      const target = { ...mirror, hasDigest: true };
      failures.push(...quarantineTarget(debt, target, { phase, reason: error.code, message }));
    }
  });
  return { copied, failures };
}
