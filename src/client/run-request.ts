import type { Client } from '@temporalio/client';
import { PromoterError } from '../errors.ts';
import type { PromotionRequest } from '../workflows/promotion-request.ts';

/** A run of a workflow. */
export interface RunReference {
  readonly workflowId: string;
  readonly runId: string;
}

/**
 * What a run was asked to do, whoever started it: read from the first event of its history, since a run that continued as
 * new was started with more than the request.
 *
 * @throws PromoterError `RunUnknown` when the server no longer has the run's beginning
 */
export async function readRequest(client: Client, run: RunReference): Promise<PromotionRequest> {
  const started = await readStart(client, run);
  const first = started?.firstExecutionRunId;
  const origin =
    first && first !== run.runId ? await readStart(client, { workflowId: run.workflowId, runId: first }) : started;
  const { payloadConverter, payloadCodecs } = client.workflow.options.loadedDataConverter;
  let payloads = origin?.input?.payloads ?? [];
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
  const [input] = payloads;
  if (input === undefined || input === null) {
    throw new PromoterError('RunUnknown', `the server no longer knows how ${run.workflowId} was started`);
  }
  return payloadConverter.fromPayload<PromotionRequest>(input);
}

async function readStart(client: Client, { workflowId, runId }: RunReference) {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  return history?.events?.[0]?.workflowExecutionStartedEventAttributes;
}
