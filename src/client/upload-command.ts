import { Command } from 'commander';
import { booleanFlag } from './boolean-flags.ts';
import { addServerOptions, type ServerOptions } from './common-options.ts';
import { writeJsonResult } from './json-result.ts';
import type { CommandOutput } from './output.ts';

interface UploadOptions extends ServerOptions {
  readonly lenient?: boolean;
}

/** The command that puts manifests where workers find them, for whoever starts the workflow without this program. */
export function uploadCommand(output: CommandOutput): Command {
  const command = new Command('upload')
    .description(
      'put manifests into the plan store, and print how to start a promotion of them with any Temporal client',
    )
    .argument('<path>', 'a plain manifest, or a folder of thin ones');
  booleanFlag(command, 'lenient', 'only warn of what kpromo does not check in thin manifests');
  return addServerOptions(command).action((path: string, options: UploadOptions) => upload(path, options, output));
}

async function upload(path: string, options: UploadOptions, output: CommandOutput): Promise<void> {
  const { loadConfig } = await import('../config.ts');
  const { inputOf, printWarnings, readInput, uploadInput } = await import('./promotion-input.ts');
  const { promotionId } = await import('./run-identity.ts');
  const config = await loadConfig(options);
  const input = await readInput(await inputOf(path), options.lenient === true);
  printWarnings(output.stderr, input);
  const manifests = await uploadInput(input, config);
  const workflowId = promotionId(input.destinations);
  const request = { manifests, confirm: true, ...(options.lenient === true ? { lenient: true } : {}) };
  if (options.json === true) {
    await writeJsonResult(output.stdout, { manifests, workflowId, taskQueue: config.taskQueue, request });
    return;
  }
  output.stdout.write(`${manifests}
temporal workflow start --type promotion --task-queue ${config.taskQueue} --workflow-id '${workflowId}' --input '${JSON.stringify(request)}'
`);
}
