import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  isGrpcServiceError,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import type { Config, TemporalTarget } from '../config.ts';
import { messageOf, PromoterError } from '../errors.ts';
import { openTracing } from '../telemetry/open-tracing.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { createCallGate } from './call-gate.ts';

/** A connection to a Temporal server for as long as one command runs. */
export interface TemporalSession {
  readonly client: Client;
  readonly address: string;
  /** `outside`: somebody else's server; `own`: started for this command; `borrowed`: that of another promoter. */
  readonly server: 'outside' | 'own' | 'borrowed';
  /** Where people look at runs; absent when nobody knows. */
  readonly ui?: string;
  /** Rejects when the server or worker of our own ends by itself; otherwise never settles. */
  readonly broken: Promise<never>;
  readonly close: () => Promise<void>;
}

/** What a command needs of a session beside a connection. */
export interface SessionNeeds {
  /** Work must be done, not only looked at: self-contained, a worker runs in this process. */
  readonly worker: boolean;
  /** Self-contained, the server is started with its UI. */
  readonly ui?: boolean;
  readonly onNote: (note: string) => void;
}

const CONNECT_TIMEOUT = '5 seconds';
const DEFAULT_LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\]):7233$/;

/**
 * Connects to the server that the configuration names, or else starts the one in the state folder.
 *
 * @throws PromoterError `TemporalUnavailable`, `StackFailed`, `ProgramMissing`
 */
export async function openSession(config: Config, needs: SessionNeeds): Promise<TemporalSession> {
  if (config.temporal === undefined) {
    const { openSelfContained } = await import('./self-contained.ts');
    return openSelfContained(config, needs);
  }
  const { address } = config.temporal;
  const tracing = await openTracing(config.telemetry, 'promoter');
  const { client, close } = await connectClient(config.temporal, config, tracing);
  const ui = config.uiAddress ?? (DEFAULT_LOOPBACK.test(address) ? 'http://localhost:8233' : undefined);
  return { client, address, server: 'outside', ...(ui === undefined ? {} : { ui }), broken: never(), close };
}

/**
 * Connects a client.
 *
 * @param tracing closed along with the connection
 * @throws PromoterError `TemporalUnavailable`
 */
export async function connectClient(
  target: TemporalTarget,
  { namespace, encryption }: Pick<Config, 'namespace' | 'encryption'>,
  tracing?: Tracing,
): Promise<{ client: Client; close: () => Promise<void> }> {
  try {
    const gate = createCallGate();
    const connection = await Connection.connect({
      ...target.connection,
      connectTimeout: CONNECT_TIMEOUT,
      interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions()), gate.interceptor],
    });
    const interceptors = tracing === undefined ? {} : { workflow: [tracing.client] };
    return {
      client: new Client({ connection, namespace, interceptors, ...(await converterOf(encryption)) }),
      async close() {
        gate.close();
        await connection.close();
        await tracing?.close();
      },
    };
  } catch (error) {
    throw new PromoterError(
      'TemporalUnavailable',
      `could not reach the Temporal server at ${target.address}: ${connectFailure(error)}; start it, name another one with --address, or unset TEMPORAL_ADDRESS to work without one`,
      { cause: error },
    );
  }
}

/** Few encrypt; everybody else need not load what does it. */
async function converterOf(encryption: Config['encryption']) {
  if (encryption.keys === undefined) return {};
  const { dataConverterOf } = await import('../encryption/payload-codec.ts');
  return dataConverterOf(encryption);
}

function connectFailure(error: unknown): string {
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause.details : undefined;
  return cause ?? messageOf(error);
}

/** The page of a run in Temporal's UI. */
export function runLink(
  session: Pick<TemporalSession, 'ui'>,
  namespace: string,
  run: { workflowId: string; runId?: string },
): string | undefined {
  if (session.ui === undefined) return undefined;
  const path = ['namespaces', namespace, 'workflows', run.workflowId, ...(run.runId === undefined ? [] : [run.runId])];
  return `${session.ui}/${path.map(encodeURIComponent).join('/')}`;
}

/** A promise that never settles. */
export function never(): Promise<never> {
  return new Promise(() => undefined);
}
