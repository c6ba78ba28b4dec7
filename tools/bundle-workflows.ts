import { writeFile } from 'node:fs/promises';
import { bundleSources } from '../src/worker/workflow-bundle.ts';

// What is published carries its workflows as one file, so that a worker starts without bundling them first.
await writeFile(new URL('../dist/workflow-bundle.js', import.meta.url), await bundleSources());
