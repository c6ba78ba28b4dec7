import { defineQuery } from '@temporalio/workflow';
import type { GitSource } from '../manifest/git-source.ts';
import type { Digest, RepositoryName } from '../reference.ts';
import { PROMOTION_TASK_QUEUE } from './messages.ts';
import type { SignatureRules } from './promotion-request.ts';

/** The queue that workers poll for replication, beside the one for promotions: `replication` beside `promotion`. */
export function replicationQueue(taskQueue: string): string {
  return taskQueue === PROMOTION_TASK_QUEUE ? 'replication' : `${taskQueue}-replication`;
}

/**
 * What starts a replication of signatures: plain JSON. Durations are texts such as `24 hours`, or milliseconds.
 */
export interface ReplicationRequest {
  /** Digest of a manifest bundle in the plan store (`promoter manifest upload` prints it); this, or `git`. */
  readonly manifests?: string;
  /** Where every run takes the manifests from, as they are then. */
  readonly git?: GitSource;
  /** Without it nothing is written, and the report says what would be. */
  readonly confirm?: boolean;
  readonly lenient?: boolean;
  /** What counts for manifests that say nothing of replication; `on` unless given. */
  readonly replication?: 'on' | 'off';
  /** Within this time every mirror of every repository is compared, though nothing has changed; 24 hours unless given. */
  readonly auditInterval?: string | number;
  /** Within about this time all content of every mirror is read back, a share of it once in the audit interval; 30 days unless given. */
  readonly readBackInterval?: string | number;
  /** Time from one run to the next, 30 minutes unless given: it decides what share of an audit is a run's. */
  readonly every?: string | number;
  /** Compare everything now, whatever earlier runs have found. */
  readonly full?: boolean;
  /** A worker that has said nothing for this long is taken for dead; 30 seconds unless given. */
  readonly heartbeat?: string | number;
  /** Signatures of one repository that are copied at the same time; 50 unless given. */
  readonly copies?: number;
  /** Whose signatures count: say of every promoted digest whether source and mirrors have one. Nothing is written then. */
  readonly check?: SignatureRules;
}

/** What was found and done, counted over mirrors. */
export interface ReplicationCounts {
  /** Source repositories that were listed. */
  readonly listed: number;
  /** Mirrors' repositories that were compared with their source. */
  readonly compared: number;
  /** Tags and referrers on mirrors whose content was read back. */
  readonly read: number;
  /** Signatures, attestations and bills of materials that a mirror lacked; in a dry run, lacks. */
  readonly missing: number;
  /** Those that were different on a mirror. */
  readonly differing: number;
  /** Referrers that a mirror lacked. */
  readonly referrers: number;
  /** Tags and referrers that a mirror has and does not give back whole. */
  readonly damaged: number;
  /** What of all these was written. */
  readonly written: number;
}

/** A mirror's repository that does not have what its source has. */
export interface ReplicationResidue {
  readonly source: RepositoryName;
  /** Absent when the source itself could not be read. */
  readonly mirror?: RepositoryName;
  readonly reason: string;
  readonly message: string;
}

/** What a mirror lost, or had changed, since it was last equal to its source. */
export interface MendedPair {
  readonly source: RepositoryName;
  readonly mirror: RepositoryName;
  readonly tags: readonly string[];
  readonly referrers: readonly Digest[];
}

/** A mirror that is equal again after it had lacked something for more than one run. */
export interface CaughtUp {
  readonly host: string;
  readonly repositories: number;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** A promoted digest without a signature where signatures are served from. */
export interface UnsignedDigest {
  readonly source: RepositoryName;
  readonly digest: Digest;
}

/** A number of things, and the first few of them. */
export interface Sampled<T> {
  readonly count: number;
  readonly samples: readonly T[];
}

/** The pair of repositories that nobody has compared for the longest time. */
export interface OldestPair {
  readonly source: RepositoryName;
  readonly mirror: RepositoryName;
  /** Milliseconds since the epoch. */
  readonly checkedAt: number;
  /** False: it has not been compared since then, when it was first met. */
  readonly verified: boolean;
}

/** The pair of repositories whose content nobody has read back for the longest time. */
export interface OldestReading {
  readonly source: RepositoryName;
  readonly mirror: RepositoryName;
  /** When that was finished last, in milliseconds since the epoch. */
  readonly finishedAt: number;
  /** False: not all of it has been read back since then, when the pair was first met. */
  readonly whole: boolean;
}

/** A promoted digest whose signatures are not as they should be. */
export interface SignatureFinding {
  readonly source: RepositoryName;
  readonly digest: Digest;
  /** The name under which it is pulled. */
  readonly identity: string;
  /** `unsigned`: nowhere; `partial`: not everywhere; `differing`: everywhere, but not the same. */
  readonly state: 'unsigned' | 'partial' | 'differing';
  /** Repositories without a signature that counts. */
  readonly missing: readonly RepositoryName[];
  /** Repositories that have something else than the source. */
  readonly differing: readonly RepositoryName[];
}

/** What a check of signatures found, counted over promoted digests. */
export interface SignatureCheck {
  readonly images: number;
  /** Signed nowhere. */
  readonly unsigned: number;
  /** Signed on some of source and mirrors. */
  readonly partial: number;
  /** Signed everywhere, but with other bytes than at the source. */
  readonly differing: number;
  /** Digests in the plan store of the lists of findings, one for each shard. */
  readonly lists: readonly string[];
}

/** How a replication ended. `residue`: it is done, but not every mirror has everything. */
export type ReplicationOutcome = 'running' | 'dry-run' | 'done' | 'residue';

/** What one shard adds to the report. */
export interface ReplicationTally {
  readonly counts: ReplicationCounts;
  readonly residue: Sampled<ReplicationResidue>;
  readonly mended: Sampled<MendedPair>;
  readonly unsigned: Sampled<UnsignedDigest>;
  readonly caughtUp: readonly CaughtUp[];
  readonly oldest?: OldestPair;
  readonly oldestRead?: OldestReading;
  readonly check?: SignatureCheck;
}

/** The result of a replication and the answer to the query `report`. Times are milliseconds since the epoch. */
export interface ReplicationReport extends ReplicationTally {
  readonly outcome: ReplicationOutcome;
  /** The commit that the manifests are from, where git was asked for them. */
  readonly commit?: string;
  readonly sources: { readonly done: number; readonly total: number };
  /** Pairs of source and mirror repositories. */
  readonly pairs: number;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly warnings: readonly string[];
}

export const replicationReport = defineQuery<ReplicationReport>('report');
