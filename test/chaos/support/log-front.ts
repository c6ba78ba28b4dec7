import { createHash } from 'node:crypto';
import { Agent, createServer, request as openRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before a Rekor v1 and remembers what was logged. */
export interface LogFront {
  readonly url: string;
  /** What was logged since the last `clear`: once for each entry, with what it is about. */
  readonly entries: () => readonly string[];
  readonly clear: () => void;
  readonly close: () => Promise<void>;
}

/** Starts it on loopback. */
export async function startLogFront(backend: string): Promise<LogFront> {
  const agent = new Agent({ keepAlive: true });
  let entries: string[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const { method, headers } = request;
    const onward = openRequest(new URL(request.url ?? '/', backend), { agent, method, headers }, (answered) => {
      if (method === 'POST' && answered.statusCode === 201) entries.push(subjectOf(body));
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      answered.pipe(response);
    });
    onward.on('error', () => response.destroy());
    onward.end(body);
  }

  const server = createServer((request, response) => {
    // A client that was killed in the middle.
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    entries: () => entries,
    clear: () => void (entries = []),
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface ProposedEntry {
  readonly kind: string;
  readonly spec: {
    readonly data?: { readonly hash: { readonly value: string } };
    readonly proposedContent?: { readonly envelope: string };
  };
}

/** Equal for entries about the same: the hash of a simple signing payload, or what a statement says of which digest. */
function subjectOf(body: Buffer): string {
  const { kind, spec } = JSON.parse(body.toString()) as ProposedEntry;
  if (spec.proposedContent === undefined) return `${kind} ${spec.data?.hash.value ?? hashOf(body)}`;
  const { payload } = JSON.parse(spec.proposedContent.envelope) as { payload: string };
  const statement = JSON.parse(Buffer.from(payload, 'base64').toString()) as {
    predicateType: string;
    subject: readonly { readonly digest: { readonly sha256: string } }[];
  };
  return `${statement.predicateType} ${statement.subject.map(({ digest }) => digest.sha256).join()}`;
}

function hashOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
