import assert from 'node:assert/strict';
import { Client as GrpcClient, Server, ServerCredentials, credentials, status, type ServiceError } from '@grpc/grpc-js';
import { makeGrpcRetryInterceptor } from '@temporalio/client';
import { createCallGate } from '../../src/client/call-gate.ts';

const METHOD = '/test.Service/Call';
const AS_IS = (value: Buffer) => value;

/** A server that is never available, and how often it was asked. */
async function startUnavailable(): Promise<{ address: string; asked: () => number; stop: () => void }> {
  let asked = 0;
  const server = new Server();
  server.addService(
    {
      call: {
        path: METHOD,
        requestStream: false,
        responseStream: false,
        requestSerialize: AS_IS,
        requestDeserialize: AS_IS,
        responseSerialize: AS_IS,
        responseDeserialize: AS_IS,
      },
    },
    {
      call(_call: unknown, answer: (error: Partial<ServiceError>) => void) {
        asked++;
        answer({ code: status.UNAVAILABLE, details: 'not now' });
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return { address: `127.0.0.1:${port}`, asked: () => asked, stop: () => server.forceShutdown() };
}

describe('createCallGate', () => {
  it('ends a call that is retried after its connection was closed, instead of the process', async () => {
    const server = await startUnavailable();
    const gate = createCallGate();
    const client = new GrpcClient(server.address, credentials.createInsecure());
    // The moment between two attempts is when a command may end and close its connection.
    const closeBetweenAttempts = () => {
      gate.close();
      client.close();
      return 1;
    };
    const retry = makeGrpcRetryInterceptor({
      retryableDecider: (attempt, { code }) => attempt < 5 && code === status.UNAVAILABLE,
      delayFunction: closeBetweenAttempts,
    });
    try {
      const error = await new Promise<ServiceError | null>((resolve) =>
        client.makeUnaryRequest(
          METHOD,
          AS_IS,
          AS_IS,
          Buffer.from('ask'),
          { interceptors: [retry, gate.interceptor] },
          resolve,
        ),
      );
      assert.equal(error?.code, status.CANCELLED);
      assert.match(error.details, /the connection is closed/);
      assert.equal(server.asked(), 1);
    } finally {
      server.stop();
    }
  });
});
