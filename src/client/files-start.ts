import { createHash } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Config } from '../config.ts';
import { PromoterError } from '../errors.ts';
import type { FilePromotionRequest } from '../workflows/file-messages.ts';
import { searchableDestinations } from '../workflows/searchable-destinations.ts';
import type { RunReference } from './run-request.ts';
import { destinationsKey } from './search-attributes.ts';
import type { TemporalSession } from './temporal-session.ts';

/** A workflow may end between being found in the way and being looked at. */
const TRIES = 5;

/**
 * Starts a promotion of files, or joins the one that is doing the same already. There is one at a time for a set of
 * destinations; dry runs of different requests may run at once.
 *
 * @throws PromoterError `RunConflict` when another promotion to the same filestores is running
 */
export async function startFiles(
  { client }: TemporalSession,
  config: Config,
  request: FilePromotionRequest,
  destinations: readonly string[],
): Promise<RunReference> {
  const identity = hash(aimOf(request));
  const workflowId = request.confirm === true ? `files/${hash(destinations)}` : `files-dry-run/${identity}`;
  for (let tries = 1; ; tries++) {
    try {
      const handle = await client.workflow.start('filePromotion', {
        workflowId,
        taskQueue: config.taskQueue,
        args: [request],
        memo: { identity },
        workflowIdConflictPolicy: 'FAIL',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        staticSummary: `${request.confirm === true ? 'Promotion' : 'Dry run of a promotion'} of files to ${destinations[0]}`,
        typedSearchAttributes: [{ key: destinationsKey, value: searchableDestinations(destinations) }],
      });
      return { workflowId, runId: handle.firstExecutionRunId };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError) || tries === TRIES) throw error;
    }
    const { status, runId, memo } = await client.workflow.getHandle(workflowId).describe();
    if (status.name !== 'RUNNING') continue;
    if (memo?.['identity'] === identity) return { workflowId, runId };
    throw new PromoterError(
      'RunConflict',
      `another promotion of files to the same filestores is running: ${workflowId}\n` +
        `wait for it with \`promoter watch '${workflowId}'\` and start again, or end it with \`promoter abort '${workflowId}'\` (what it has copied stays)`,
    );
  }
}

/** Whether a run has one of our ids for promotions of files. */
export function isFilesId(workflowId: string): boolean {
  return /^files(?:-dry-run)?\//.test(workflowId);
}

/** What a request would do; how long it waits and how often it tries is left out. */
function aimOf({ manifests, confirm, overwrite, skipMissing, useServiceAccount }: FilePromotionRequest): unknown {
  return { manifests, confirm, overwrite, skipMissing, useServiceAccount };
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
