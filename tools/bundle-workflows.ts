import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';

// What is published carries its workflows as one file, so that a worker starts without bundling them first.
const { code } = await bundleWorkflowCode({
  workflowsPath: fileURLToPath(new URL('../src/workflows/index.ts', import.meta.url)),
  logger: new DefaultLogger('ERROR'),
});
await writeFile(new URL('../dist/workflow-bundle.js', import.meta.url), code);
