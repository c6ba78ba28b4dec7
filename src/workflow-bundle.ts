import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';
import type { TelemetrySettings } from './config.ts';

/**
 * The workflows' bundle: built beside `worker.js` by `npm run build`, or else from the sources now (1–2 s). Spans of
 * workflows take code of OpenTelemetry in the bundle, that the others need not carry.
 */
export async function loadWorkflows({ traces }: TelemetrySettings): Promise<WorkflowBundleOption> {
  const codePath = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
  if (existsSync(codePath) && traces === undefined) return { codePath };
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const workflowsPath = fileURLToPath(new URL(`./workflows/index.${extension}`, import.meta.url));
  const interceptors = '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors.js';
  const workflowInterceptorModules = traces === undefined ? [] : [fileURLToPath(import.meta.resolve(interceptors))];
  return bundleWorkflowCode({ workflowsPath, workflowInterceptorModules, logger: new DefaultLogger('ERROR') });
}
