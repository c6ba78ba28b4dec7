import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { FileActivities } from '../../../src/activities/index.ts';
import { NO_FILES } from '../../../src/workflows/file-details.ts';
import { fileReport } from '../../../src/workflows/file-messages.ts';
import { abortPromotion, retryPhase } from '../../../src/workflows/messages.ts';
import { DIGEST } from '../promotion-activities.ts';
import { waitFor } from '../waiting.ts';
import type { HistoryCase } from './case.ts';

/** More than one run takes where a server suggests another one early. */
const MANY_SHARDS = 80;

const CHECKED = {
  manifests: DIGEST,
  confirm: true,
  overwrite: false,
  skipMissing: false,
  useServiceAccount: false,
  attempts: 8,
  heartbeat: 30_000,
  onPhaseFailure: 'hold',
  holdTimeout: 86_400_000,
} as const;

/** Promotions of files, each shard with one of them. */
export function fileCases(): readonly HistoryCase[] {
  return [
    fileCase('done', 3),
    fileCase('dry-run', 2, { confirm: false }),
    fileCase('quarantined', 2, { keptBack: 1 }),
    fileCase('continued-as-new', MANY_SHARDS),
    heldAndRetried(),
    heldAndAborted(),
  ];
}

function fileCase(
  name: string,
  shards: number,
  { confirm = true, keptBack = 0 }: { readonly confirm?: boolean; readonly keptBack?: number } = {},
  changes: Partial<FileActivities> = {},
): HistoryCase {
  const request = { ...CHECKED, confirm };
  const activities: FileActivities = {
    planFiles: async () => ({ request, index: DIGEST, shards, total: shards, counts: NO_FILES, samples: [] }),
    promoteFiles: async () => ({ counts: { ...NO_FILES, copied: 1 - keptBack, keptBack }, samples: [] }),
    ...changes,
  };
  return { workflow: 'filePromotion', name, args: [{ manifests: DIGEST, confirm }], activities };
}

/** The bucket of one shard is away until somebody has decided. */
function heldAndRetried(): HistoryCase {
  const unsettled = { files: 1, reason: 'the bucket is down', position: DIGEST };
  const promoted = { counts: { ...NO_FILES, copied: 1 }, samples: [] };
  const case_ = fileCase(
    'held-retried',
    3,
    {},
    {
      promoteFiles: async ({ shard, from }) =>
        shard === 1 && from === undefined ? { counts: NO_FILES, samples: [], unsettled } : promoted,
    },
  );
  const steer = async (handle: WorkflowHandle): Promise<void> => {
    await untilHeld(handle);
    await handle.executeUpdate(retryPhase, { args: [{ reason: 'it is back' }] });
  };
  return { ...case_, steer };
}

function heldAndAborted(): HistoryCase {
  const gone = ApplicationFailure.nonRetryable('the bucket is gone', 'BucketNotFound');
  const steer = async (handle: WorkflowHandle): Promise<void> => {
    await untilHeld(handle);
    await handle.executeUpdate(abortPromotion, { args: [undefined] });
  };
  return { ...fileCase('held-aborted', 1, {}, { planFiles: () => Promise.reject(gone) }), steer, ends: 'FAILED' };
}

async function untilHeld(handle: WorkflowHandle): Promise<void> {
  await waitFor(async () => (await handle.query(fileReport)).outcome === 'held');
}
