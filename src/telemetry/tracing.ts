import { context, SpanKind, SpanStatusCode, trace, type Attributes } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { Resource } from '@opentelemetry/resources';
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import {
  makeWorkflowExporter,
  OpenTelemetryActivityInboundInterceptor,
  OpenTelemetryActivityOutboundInterceptor,
  OpenTelemetryWorkflowClientInterceptor,
} from '@temporalio/interceptors-opentelemetry';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import type { ActivityInterceptorsFactory, WorkerOptions } from '@temporalio/worker';
import type { Layer, RegistryRequest, RegistryResponse } from '../registry/exchange.ts';
import { packageVersion } from '../version.ts';

/** What makes spans of a process's work; a span in one process is the parent of those in the next. */
export interface Tracing {
  readonly client: WorkflowClientInterceptor;
  readonly activity: ActivityInterceptorsFactory;
  /** Takes the spans of workflows out of their sandbox. */
  readonly sinks: NonNullable<WorkerOptions['sinks']>;
  /** A span for every request to a registry. Nothing of it is sent along: registries are not ours to trace. */
  readonly layer: Layer;
  /** Sends what has not been sent, but waits no longer than two seconds for a collector. */
  close(): Promise<void>;
}

const LONGEST_FLUSH_MS = 2_000;
const LONGEST_EXPORT_MS = 10_000;

/**
 * Begins to send spans to a collector. A collector that does not answer costs its spans and nothing else: they are sent
 * in the background, and dropped where there are too many of them.
 *
 * @param endpoint of OTLP over HTTP, without `/v1/traces`
 */
export function startTracing(endpoint: string, service: string): Tracing {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`;
  const own = new Resource({ 'service.name': service, 'service.version': packageVersion() });
  const resource = Resource.default().merge(own);
  const processor = new BatchSpanProcessor(new OTLPTraceExporter({ url, timeoutMillis: LONGEST_EXPORT_MS }));
  const provider = new NodeTracerProvider({ resource, spanProcessors: [processor] });
  // Temporal's interceptors find context and propagation only where all of the process does.
  provider.register();
  return {
    client: new OpenTelemetryWorkflowClientInterceptor(),
    activity: (of) => ({
      inbound: new OpenTelemetryActivityInboundInterceptor(of),
      outbound: new OpenTelemetryActivityOutboundInterceptor(of),
    }),
    sinks: { exporter: { ...makeWorkflowExporter(processor, resource) } },
    layer: traceRequests,
    async close() {
      const late = new Promise((resolve) => setTimeout(resolve, LONGEST_FLUSH_MS).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
    },
  };
}

// Names and attributes are those of OpenTelemetry's semantic conventions for HTTP clients, 1.29. A URL may hold a
// signature, so that only host and path are said.
const traceRequests: Layer = (next) =>
  function traced(request) {
    const span = trace
      .getTracer('image-promoter')
      .startSpan(`registry ${request.class}`, { kind: SpanKind.CLIENT, attributes: attributesOf(request) });
    return context.with(trace.setSpan(context.active(), span), async () => {
      try {
        const response = await next(request);
        span.setAttribute('http.response.status_code', response.status);
        if (isFailure(response)) span.setStatus({ code: SpanStatusCode.ERROR });
        return response;
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
        throw error;
      } finally {
        span.end();
      }
    });
  };

function attributesOf({ host, method, url, class: kind }: RegistryRequest): Attributes {
  return {
    'server.address': host,
    'http.request.method': method,
    'url.path': url.pathname,
    'promoter.request.class': kind,
  };
}

/** That something is not there is an answer that many questions have. */
function isFailure({ status }: RegistryResponse): boolean {
  return status >= 400 && status !== 404;
}
