import { hostOf, type RepositoryName } from '../reference.ts';
import type {
  CaughtUp,
  MendedPair,
  ReplicationCounts,
  ReplicationResidue,
  ReplicationTally,
  Sampled,
  SignatureCheck,
  SignatureFinding,
  UnsignedDigest,
} from '../workflows/replication-messages.ts';
import { addCounts } from './counts.ts';

/** What became of one source repository: kept until the run ends, so that nobody looks at the source again. */
export interface SourceOutcome {
  readonly counts: ReplicationCounts;
  readonly residue: readonly ReplicationResidue[];
  readonly mended: readonly MendedPair[];
  readonly unsigned: readonly UnsignedDigest[];
  readonly caughtUp: readonly { readonly mirror: RepositoryName; readonly since: number }[];
  readonly check?: SourceCheck;
}

/** What a check of signatures found in one source and its mirrors. */
export interface SourceCheck {
  readonly images: number;
  readonly findings: readonly SignatureFinding[];
}

const SAMPLES = 20;

/** Adds up what became of several sources. */
export function tallyOf(outcomes: readonly SourceOutcome[]): ReplicationTally {
  return {
    counts: outcomes.reduce((sum, { counts }) => addCounts(sum, counts), NO_COUNTS),
    residue: sampleOf(outcomes.flatMap(({ residue }) => residue)),
    mended: sampleOf(outcomes.flatMap(({ mended }) => mended)),
    unsigned: sampleOf(outcomes.flatMap(({ unsigned }) => unsigned)),
    caughtUp: caughtUpHosts(outcomes.flatMap(({ caughtUp }) => caughtUp)),
  };
}

export const NO_COUNTS: ReplicationCounts = {
  listed: 0,
  compared: 0,
  read: 0,
  missing: 0,
  differing: 0,
  referrers: 0,
  damaged: 0,
  written: 0,
};

/** Counts findings; the whole of them is in a list of the plan store. */
export function countFindings(checks: readonly SourceCheck[], list: string): SignatureCheck {
  const findings = checks.flatMap((check) => check.findings);
  const count = (state: SignatureFinding['state']): number => findings.filter((one) => one.state === state).length;
  return {
    images: checks.reduce((sum, { images }) => sum + images, 0),
    unsigned: count('unsigned'),
    partial: count('partial'),
    differing: count('differing'),
    lists: [list],
  };
}

function sampleOf<T>(items: readonly T[]): Sampled<T> {
  return { count: items.length, samples: items.slice(0, SAMPLES) };
}

function caughtUpHosts(pairs: SourceOutcome['caughtUp']): readonly CaughtUp[] {
  return [...Map.groupBy(pairs, ({ mirror }) => hostOf(mirror))].map(([host, ones]) => ({
    host,
    repositories: ones.length,
    since: Math.min(...ones.map(({ since }) => since)),
  }));
}
