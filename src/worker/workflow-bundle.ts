import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';
import type { TelemetrySettings } from '../config.ts';
import { madeOnce } from './made-once.ts';

const SOURCES = fileURLToPath(new URL('..', import.meta.url));
/** What `npm run build` makes. */
const BUILT = fileURLToPath(new URL('../../workflow-bundle.js', import.meta.url));
const PACKAGES = fileURLToPath(new URL('../../node_modules/', import.meta.url));

type BundleKind = 'plain' | 'traced';

/**
 * The workflows' bundle: built beside `worker.js` by `npm run build`, or else from the sources, which takes 2 s the first
 * time after a change. Spans of workflows take code of OpenTelemetry in the bundle, that the others need not carry.
 */
export async function loadWorkflows({ traces }: Pick<TelemetrySettings, 'traces'>): Promise<WorkflowBundleOption> {
  const kind = traces === undefined ? 'plain' : 'traced';
  if (existsSync(BUILT) && kind === 'plain') return { codePath: BUILT };
  return { code: await bundledSources(kind) };
}

/** The bundle of the sources as they are now; it is made once. */
export async function bundledSources(kind: BundleKind = 'plain'): Promise<string> {
  // Among the packages, only who may change what the program loads can write.
  const file = `${PACKAGES}.cache/image-promoter/${kind}-workflows.js`;
  return madeOnce(file, await digestOfSources(), () => bundleSources(kind));
}

/** Makes it. */
export async function bundleSources(kind: BundleKind = 'plain'): Promise<string> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const interceptors = '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors.js';
  const { code } = await bundleWorkflowCode({
    workflowsPath: `${SOURCES}workflows/index.${extension}`,
    workflowInterceptorModules: kind === 'plain' ? [] : [fileURLToPath(import.meta.resolve(interceptors))],
    logger: new DefaultLogger('ERROR'),
  });
  return code;
}

/** Of all that a bundle can depend on: our own files, and the packages that are installed. */
async function digestOfSources(): Promise<string> {
  const entries = await readdir(SOURCES, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => `${parentPath}/${name}`);
  const hash = createHash('sha256');
  for (const file of [...files.sort(), `${PACKAGES}.package-lock.json`]) {
    hash.update(`${file}\n`).update(await readFile(file).catch(() => ''));
  }
  return hash.digest('hex');
}
