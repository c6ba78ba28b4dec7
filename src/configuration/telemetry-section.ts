import { z } from 'zod';
import { section, setting } from './setting.ts';

/** How log lines are written: for people, or as JSON for who collects them. */
const LOG_FORMATS = ['text', 'json'] as const;

/** What a worker shows of itself to those who watch it. */
export const telemetrySection = section('What workers tell those who watch them.', {
  metricsAddress: setting(
    z.string().regex(/^(?:[\w.-]+|\[[\da-f:]+\]):\d{1,5}$/i, 'is not host:port, such as 0.0.0.0:9464'),
    {
      description: '`host:port` where a worker serves Prometheus metrics under `/metrics`',
      variable: 'PROMOTER_METRICS_ADDRESS',
      otherwise: 'none',
    },
  ),
  logFormat: setting(z.enum(LOG_FORMATS, { error: `is none of ${LOG_FORMATS.join(', ')}` }), {
    description: '`json`: an object a line, with the ids of workflow, run and activity',
    variable: 'PROMOTER_LOG_FORMAT',
    default: 'text',
  }),
  traces: setting(z.url({ protocol: /^https?$/, error: 'is not an http or https address' }), {
    description: 'an OpenTelemetry collector that takes spans by OTLP over HTTP; `/v1/traces` is added',
    variable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    otherwise: 'none',
  }),
});
