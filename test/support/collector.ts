import { reply, startHttpHost } from '../registry/http-host.ts';

/** A span as a collector got it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
}

/** Takes spans by OTLP over HTTP, as JSON (https://opentelemetry.io/docs/specs/otlp/). */
export interface Collector {
  readonly endpoint: string;
  spans(): readonly CollectedSpan[];
  /** All that was sent, as text. */
  text(): string;
  close(): Promise<void>;
}

interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly CollectedSpan[] }[];
  }[];
}

/** Starts one that takes everything. */
export async function startCollector(): Promise<Collector> {
  const host = await startHttpHost((_, response) =>
    reply(response, 200, { 'content-type': 'application/json' }, { partialSuccess: {} }),
  );
  const bodies = (): readonly string[] =>
    host.seen.filter(({ path }) => path === '/v1/traces').map(({ body }) => body.toString());
  return {
    endpoint: host.origin,
    spans: () =>
      bodies()
        .map((body) => JSON.parse(body) as ExportRequest)
        .flatMap(({ resourceSpans }) => resourceSpans.flatMap(({ scopeSpans }) => scopeSpans))
        .flatMap(({ spans }) => spans),
    text: () => bodies().join('\n'),
    close: () => host.close(),
  };
}

/** The names of a span and of all it happened in, from the outside to the inside. */
export function pathTo(span: CollectedSpan, all: readonly CollectedSpan[]): readonly string[] {
  const parent = all.find(({ spanId }) => spanId === span.parentSpanId);
  return [...(parent === undefined ? [] : pathTo(parent, all)), span.name];
}
