import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { answers } from '../process.ts';
import { type Service, type ServiceOptions, startProgram } from './service.ts';

/** The audience that identity tokens for Fulcio carry. */
export const AUDIENCE = 'sigstore';

export interface FulcioOptions extends ServiceOptions {
  readonly port: number;
  readonly grpcPort: number;
  readonly issuerUrl: string;
  readonly ctLogUrl: string;
}

/**
 * Starts Fulcio with a certificate of our making: the one that it can make itself is gone when it stops, and with it
 * every signature of that run.
 *
 * Its metrics, on a random port, are the one thing that it does not let us bind to the loopback address.
 */
export async function startFulcio(options: FulcioOptions): Promise<Service> {
  const { credentials, directory, port } = options;
  const configFile = join(directory, 'fulcio.yaml');
  await writeFile(configFile, configuration(options.issuerUrl));
  return startProgram({
    name: 'Fulcio',
    program: await options.findProgram('fulcio'),
    args: [
      'serve',
      '--host=127.0.0.1',
      `--port=${port}`,
      '--grpc-host=127.0.0.1',
      `--grpc-port=${options.grpcPort}`,
      '--metrics-port=0',
      // The default name is the same for every Fulcio of a machine.
      `--legacy-unix-domain-socket=@fulcio-${randomUUID()}`,
      `--config-path=${configFile}`,
      '--ca=fileca',
      `--fileca-cert=${credentials.fulcioCertificateFile}`,
      `--fileca-key=${credentials.keyFile('fulcio')}`,
      // The key is not encrypted, but Fulcio insists on a password.
      '--fileca-key-passwd=unused',
      '--fileca-watch=false',
      `--ct-log-url=${options.ctLogUrl}`,
      `--ct-log-public-key-path=${credentials.publicKeyFile('ct-log')}`,
      '--log_type=prod',
    ],
    logFile: join(directory, 'fulcio.log'),
    ready: () => answers(`http://127.0.0.1:${port}/api/v2/trustBundle`),
  });
}

/** See https://github.com/sigstore/fulcio/blob/main/docs/oidc.md. */
function configuration(issuerUrl: string): string {
  return stringify({
    'oidc-issuers': { [issuerUrl]: { 'issuer-url': issuerUrl, 'client-id': AUDIENCE, type: 'email' } },
  });
}
