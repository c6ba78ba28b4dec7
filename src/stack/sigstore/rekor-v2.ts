import { join } from 'node:path';
import { answers } from '../process.ts';
import { type Service, type ServiceOptions, startProgram } from './service.ts';

/** The name in the log's checkpoints; verifiers compare it with the host of the log's URL in the trusted root. */
export const REKOR_V2_ORIGIN = '127.0.0.1';

export interface RekorV2Options extends ServiceOptions {
  readonly port: number;
  readonly grpcPort: number;
  readonly metricsPort: number;
}

/** Starts the transparency log Rekor v2 (rekor-tiles), with its tiles in a folder. */
export async function startRekorV2(options: RekorV2Options): Promise<Service> {
  const { directory, port } = options;
  return startProgram({
    name: 'Rekor v2',
    program: await options.findProgram('rekor-tiles'),
    args: [
      'serve',
      '--http-address=127.0.0.1',
      `--http-port=${port}`,
      '--grpc-address=127.0.0.1',
      `--grpc-port=${options.grpcPort}`,
      `--http-metrics-port=${options.metricsPort}`,
      `--hostname=${REKOR_V2_ORIGIN}`,
      `--storage-dir=${join(directory, 'rekor-v2')}`,
      `--signer-filepath=${options.credentials.keyFile('rekor-v2')}`,
      '--checkpoint-interval=100ms',
      '--batch-max-age=20ms',
      '--log-level=warn',
    ],
    logFile: join(directory, 'rekor-v2.log'),
    ready: () => answers(`http://127.0.0.1:${port}/healthz`),
  });
}
