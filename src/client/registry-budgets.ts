import { WithStartWorkflowOperation, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { messageOf, PromoterError } from '../errors.ts';
import {
  acquireWriter,
  budget,
  budgetId,
  lease,
  releaseWriter,
  setCeiling,
  type BudgetState,
  type Lease,
  type LeaseRequest,
  type WriterRequest,
} from '../workflows/budget-messages.ts';
import type { registryBudget } from '../workflows/index.ts';

/** The calls to the budgets that all workers and runs of a namespace share, one for each registry host. */
export interface RegistryBudgets {
  /**
   * Asks for a share.
   *
   * @param create start the host's budget if there is none
   * @returns nothing when there is no budget and none is to be started
   */
  lease(host: string, request: LeaseRequest, create: boolean): Promise<Lease | undefined>;
  /**
   * Makes a run the only one that may write to a host, or keeps it so for longer.
   *
   * @param atRest it waits for people, and will come back late
   * @throws PromoterError `RunConflict` when another run is writing there; `TemporalUnavailable`
   */
  acquireWriter(host: string, workflowId: string, atRest?: boolean): Promise<void>;
  /** Lets others write to a host again, if it is the run's; a budget that has ended holds nothing. @throws ServiceError */
  releaseWriter(host: string, workflowId: string): Promise<void>;
  /** Limits what all workers together ask of a host; without a number they go by their configuration again. */
  setCeiling(host: string, requestsPerSecond: number | undefined): Promise<void>;
  /** What a host's budget knows; nothing when there is none. */
  read(host: string): Promise<BudgetState | undefined>;
}

/** A share that comes later than this is of little use: the worker has gone on with less. */
const LEASE_DEADLINE_MS = 3_000;
const DEADLINE_MS = 15_000;

/** @param taskQueue of workers that run promotions; budgets run there too */
export function connectBudgets(client: Client, taskQueue: string): RegistryBudgets {
  const { workflow } = client;
  const within = <T>(ms: number, call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + ms, call);
  const started = (host: string) =>
    new WithStartWorkflowOperation<typeof registryBudget>('registryBudget', {
      workflowId: budgetId(host),
      taskQueue,
      args: [{ host }],
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `Request budget of ${host}`,
    });

  async function askToWrite(host: string, request: WriterRequest) {
    const startWorkflowOperation = started(host);
    return within(DEADLINE_MS, () =>
      workflow.executeUpdateWithStart(acquireWriter, { args: [request], startWorkflowOperation }),
    );
  }

  async function becomeWriter(host: string, request: WriterRequest): Promise<void> {
    const first = await askToWrite(host, request);
    if (first.granted) return;
    const { holder = '' } = first;
    // A run that was terminated, or whose workers died with it, has not given its lease back.
    const answer = (await hasEnded(holder)) ? await askToWrite(host, { ...request, insteadOf: holder }) : first;
    if (!answer.granted) throw conflict(host, answer.holder ?? holder);
  }

  async function hasEnded(workflowId: string): Promise<boolean> {
    try {
      const { status } = await workflow.getHandle(workflowId).describe();
      return status.name !== 'RUNNING';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return true;
      throw error;
    }
  }

  return {
    async lease(host, request, create) {
      return within(LEASE_DEADLINE_MS, async () => {
        if (create) {
          return workflow.executeUpdateWithStart(lease, {
            args: [request],
            startWorkflowOperation: started(host),
          });
        }
        return unlessMissing(() => workflow.getHandle(budgetId(host)).executeUpdate(lease, { args: [request] }));
      });
    },
    async acquireWriter(host, workflowId, atRest = false) {
      try {
        await becomeWriter(host, atRest ? { workflowId, atRest } : { workflowId });
      } catch (error) {
        throw error instanceof PromoterError ? error : unanswered(host, error);
      }
    },
    async releaseWriter(host, workflowId) {
      const handle = workflow.getHandle(budgetId(host));
      await within(DEADLINE_MS, () => unlessMissing(() => handle.signal(releaseWriter, { workflowId })));
    },
    async setCeiling(host, requestsPerSecond) {
      const args: [{ requestsPerSecond: number | null }] = [{ requestsPerSecond: requestsPerSecond ?? null }];
      await within(DEADLINE_MS, () =>
        workflow.executeUpdateWithStart(setCeiling, { args, startWorkflowOperation: started(host) }),
      );
    },
    read: (host) => within(DEADLINE_MS, () => unlessMissing(() => readRunning(workflow.getHandle(budgetId(host))))),
  };

  async function readRunning(handle: ReturnType<typeof workflow.getHandle>): Promise<BudgetState | undefined> {
    const { status } = await handle.describe();
    return status.name === 'RUNNING' ? handle.query(budget) : undefined;
  }
}

async function unlessMissing<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

function conflict(host: string, holder: string): PromoterError {
  return new PromoterError(
    'RunConflict',
    `another promotion writes to ${host}: ${holder}
wait for it with \`promoter watch '${holder}'\` and start again, or end it with \`promoter abort '${holder}'\` (what it has copied stays)`,
  );
}

function unanswered(host: string, error: unknown): PromoterError {
  return new PromoterError(
    'TemporalUnavailable',
    `could not become the only writer on ${host}: workflow ${budgetId(host)} did not answer: ${messageOf(error)}. It is tried again; if that does not help, see whether that workflow runs`,
    { cause: error },
  );
}
