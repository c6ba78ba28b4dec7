import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SigningConfig, TrustedRoot } from '@sigstore/protobuf-specs';
import type { Credentials } from './credentials.ts';
import { type ServiceUrls, signingConfig } from './signing-config.ts';
import { trustedRoot } from './trusted-root.ts';

/** The files that clients of the services are given. */
export interface ClientFiles {
  /** What to trust, for everything that verifies. */
  readonly trustedRootFile: string;
  /** Where to sign. */
  readonly signingConfigFile: string;
  /** The same trust for programs that do not read the trusted root, as cosign 2 by default: PEM. */
  readonly legacy: {
    readonly fulcioRootFile: string;
    readonly ctLogPublicKeyFile: string;
    readonly tsaChainFile: string;
    readonly rekorPublicKeyFile: string;
  };
}

/** Writes `trusted_root.json` and `signing_config.json` for services at these URLs. */
export async function writeClientFiles(
  directory: string,
  credentials: Credentials,
  urls: ServiceUrls,
): Promise<ClientFiles> {
  const trustedRootFile = join(directory, 'trusted_root.json');
  const signingConfigFile = join(directory, 'signing_config.json');
  const start = new X509Certificate(await readFile(credentials.fulcioCertificateFile)).validFromDate;
  await writeJson(trustedRootFile, TrustedRoot.toJSON(await trustedRoot(credentials, urls, start)));
  await writeJson(signingConfigFile, SigningConfig.toJSON(signingConfig(urls, start)));
  return {
    trustedRootFile,
    signingConfigFile,
    legacy: {
      fulcioRootFile: credentials.fulcioCertificateFile,
      ctLogPublicKeyFile: credentials.publicKeyFile('ct-log'),
      tsaChainFile: credentials.timestampChainFile,
      rekorPublicKeyFile: credentials.publicKeyFile('rekor-v1'),
    },
  };
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, undefined, 2)}\n`);
}
