import { InterceptingCall, type Interceptor, status } from '@grpc/grpc-js';

type CallToServer = NonNullable<ConstructorParameters<typeof InterceptingCall>[0]>;

/** Lets calls through to a server until it is closed; later ones end as cancelled without being made. */
export interface CallGate {
  /** Belongs behind the interceptor that retries calls. */
  readonly interceptor: Interceptor;
  readonly close: () => void;
}

/**
 * A gate that is open.
 *
 * Temporal's client retries from a timer that nobody can take back. If the connection is closed before it goes off, the
 * error of the closed channel is thrown out of the timer and ends the process, whatever the command has achieved.
 */
export function createCallGate(): CallGate {
  let closed = false;
  return {
    interceptor: (options, nextCall) => new InterceptingCall(closed ? cancelledCall() : nextCall(options)),
    close() {
      closed = true;
    },
  };
}

function cancelledCall(): CallToServer {
  return {
    start(metadata, listener) {
      listener?.onReceiveStatus?.({ code: status.CANCELLED, details: 'the connection is closed', metadata });
    },
    cancelWithStatus: nothing,
    sendMessageWithContext: nothing,
    sendMessage: nothing,
    startRead: nothing,
    halfClose: nothing,
    getPeer: () => 'nobody',
    getAuthContext: () => null,
  };
}

function nothing(): void {
  // There is no call that could take it.
}
