import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { RunningProcess } from '../process.ts';
import { type FindProgram, findProgram } from '../programs.ts';
import { type ClientFiles, writeClientFiles } from './client-files.ts';
import { keepCredentials } from './credentials.ts';
import { startCtLog } from './ct-log.ts';
import { startFulcio } from './fulcio.ts';
import { onKeptPorts, type Ports } from './kept-ports.ts';
import { startOidcIssuer, tokenUrlOf } from './oidc-issuer.ts';
import { startRekorV1 } from './rekor-v1.ts';
import { startRekorV2 } from './rekor-v2.ts';
import { type Service, type ServiceOptions, startInOrder, startTogether } from './service.ts';
import type { ServiceUrls } from './signing-config.ts';
import { startTimestampAuthority } from './timestamp-authority.ts';

/** `light` logs in Rekor v2 alone; `full` has Rekor v1 as well. */
export type SigstoreProfile = 'light' | 'full';

export interface SigstoreOptions {
  readonly profile: SigstoreProfile;
  /** Holds keys, certificates, logs and all else that the services keep; created when it is not there. */
  readonly directory: string;
  readonly findProgram?: FindProgram;
  /** Told what is being done, a line at a time. */
  readonly onProgress?: (line: string) => void;
}

/** What clients need to sign with the services and to verify what was signed; all of it is plain data. */
export interface SigstoreDescription extends ClientFiles {
  readonly profile: SigstoreProfile;
  /** The issuer that certificates name. */
  readonly issuerUrl: string;
  /**
   * `GET` answers a fresh identity token as text, or as `{ "value": token }` when JSON is accepted, as GitHub's token
   * endpoint does. Query: `email`, `audience`, `lifetime` (seconds); each has a default.
   */
  readonly tokenUrl: string;
  readonly fulcioUrl: string;
  readonly ctLogUrl: string;
  /** With the path that timestamp requests are posted to. */
  readonly tsaUrl: string;
  readonly rekorV1Url?: string;
  readonly rekorV2Url: string;
}

/** Sigstore's services, running on 127.0.0.1. */
export interface SigstoreStack extends SigstoreDescription {
  readonly processes: readonly RunningProcess[];
  /** Resolves when every process is gone and every port free; the directory stays for the next start. */
  readonly stop: () => Promise<void>;
}

const PORTS = [
  'issuer',
  'ctLog',
  'fulcio',
  'fulcioGrpc',
  'timestamp',
  'rekorV2',
  'rekorV2Grpc',
  'rekorV2Metrics',
] as const;
const REKOR_V1_PORTS = ['rekorV1', 'postgres', 'logServer', 'logSigner'] as const;
type PortName = (typeof PORTS)[number] | (typeof REKOR_V1_PORTS)[number];

/** In the order in which they are looked for, and built where they are missing. */
const PROGRAMS = ['fulcio', 'timestamp-server', 'rekor-tiles'];
const REKOR_V1_PROGRAMS = ['trillian-log-server', 'trillian-log-signer', 'rekor-server'];

/**
 * Starts a private Sigstore: an identity issuer, Fulcio with a certificate-transparency log, a timestamp authority and
 * transparency logs. Stacks in different directories do not touch each other, and a stack that is started again in its
 * directory with the same profile still verifies what it signed before.
 *
 * @throws PromoterError `ProgramMissing`, or `StackFailed` with the end of a program's log; then nothing is left running
 */
export async function startSigstore(options: SigstoreOptions): Promise<SigstoreStack> {
  const { profile, findProgram: find = findProgram, onProgress = () => undefined } = options;
  const directory = resolve(options.directory);
  // One after the other, so that of several programs that have to be built each is reported alone.
  for (const name of profile === 'full' ? [...PROGRAMS, ...REKOR_V1_PROGRAMS] : PROGRAMS) await find(name);
  await mkdir(directory, { recursive: true });
  const credentials = await keepCredentials(join(directory, 'keys'));
  const names: readonly PortName[] = profile === 'full' ? [...PORTS, ...REKOR_V1_PORTS] : PORTS;
  return onKeptPorts(join(directory, 'ports.json'), names, async (ports) => {
    const urls = urlsOf(ports, profile);
    const files = await writeClientFiles(directory, credentials, urls);
    const services = await startServices(profile, ports, urls, { findProgram: find, directory, credentials });
    onProgress(`Sigstore (${profile}) answers: Fulcio at ${urls.fulcio}, the log at ${urls.rekorV1 ?? urls.rekorV2}`);
    return { profile, ...describeUrls(urls), ...files, processes: services.processes, stop: services.stop };
  });
}

function urlsOf(ports: Ports<PortName>, profile: SigstoreProfile): ServiceUrls {
  const url = (name: PortName): string => `http://127.0.0.1:${ports[name]}`;
  return {
    issuer: url('issuer'),
    fulcio: url('fulcio'),
    ctLog: url('ctLog'),
    timestampAuthority: `${url('timestamp')}/api/v1/timestamp`,
    ...(profile === 'full' ? { rekorV1: url('rekorV1') } : {}),
    rekorV2: url('rekorV2'),
  };
}

function describeUrls(urls: ServiceUrls): Omit<SigstoreDescription, 'profile' | keyof ClientFiles> {
  return {
    issuerUrl: urls.issuer,
    tokenUrl: tokenUrlOf(urls.issuer),
    fulcioUrl: urls.fulcio,
    ctLogUrl: urls.ctLog,
    tsaUrl: urls.timestampAuthority,
    ...(urls.rekorV1 === undefined ? {} : { rekorV1Url: urls.rekorV1 }),
    rekorV2Url: urls.rekorV2,
  };
}

function startServices(
  profile: SigstoreProfile,
  ports: Ports<PortName>,
  urls: ServiceUrls,
  common: ServiceOptions,
): Promise<Service> {
  const { credentials } = common;
  return startInOrder([
    // Fulcio reads the issuer's discovery document when it starts.
    () => startOidcIssuer({ port: ports.issuer, privateKey: credentials.privateKey('issuer') }),
    () => startCtLog({ port: ports.ctLog, privateKey: credentials.privateKey('ct-log') }),
    () =>
      startTogether([
        startFulcio({
          ...common,
          port: ports.fulcio,
          grpcPort: ports.fulcioGrpc,
          issuerUrl: urls.issuer,
          ctLogUrl: urls.ctLog,
        }),
        startTimestampAuthority({ ...common, port: ports.timestamp }),
        startRekorV2({
          ...common,
          port: ports.rekorV2,
          grpcPort: ports.rekorV2Grpc,
          metricsPort: ports.rekorV2Metrics,
        }),
        ...(profile === 'full'
          ? [
              startRekorV1({
                ...common,
                port: ports.rekorV1,
                postgresPort: ports.postgres,
                logServerPort: ports.logServer,
                logSignerPort: ports.logSigner,
              }),
            ]
          : []),
      ]),
  ]);
}
