import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pMap from 'p-map';
import { findProgram } from '../../src/stack/programs.ts';
import { DEFAULT_EMAIL } from '../../src/stack/sigstore/oidc-issuer.ts';
import type { Stage, StagedImage } from './stage.ts';

const run = promisify(execFile);

const PREDICATE = 'https://k8s.io/promo-tools/promotion/v1';

/** What cosign 3 does to images, a process for each. */
export interface Cosign {
  /** `cosign sign`: a bundle, which is its default. */
  sign(images: readonly StagedImage[]): Promise<void>;
  /** `cosign sign` in the format of cosign 2: a `.sig` tag. */
  signLegacy(images: readonly StagedImage[]): Promise<void>;
  /** `cosign attest`. */
  attest(images: readonly StagedImage[]): Promise<void>;
  /** `cosign verify` and `cosign verify-attestation`. @throws Error with what cosign said when one of them refuses */
  verify(images: readonly StagedImage[]): Promise<void>;
}

/** @param sideBySide processes at once */
export async function openCosign(stage: Stage, sideBySide: number): Promise<Cosign> {
  const { directory, sigstore, registry, signingConfigFile, rekorUrl } = stage;
  const program = await findProgram('cosign');
  const predicateFile = join(directory, 'predicate.json');
  await writeFile(predicateFile, JSON.stringify({ promotedBy: 'the benchmark' }));
  const environment = {
    HOME: directory,
    TUF_ROOT: join(directory, 'tuf'),
    SIGSTORE_ROOT_FILE: sigstore.legacy.fulcioRootFile,
    SIGSTORE_REKOR_PUBLIC_KEY: sigstore.legacy.rekorPublicKeyFile,
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: sigstore.legacy.ctLogPublicKeyFile,
  };
  const services = ['--signing-config', signingConfigFile, '--trusted-root', sigstore.trustedRootFile];
  const legacy = ['--new-bundle-format=false', '--use-signing-config=false'];
  const legacyServices = ['--fulcio-url', sigstore.fulcioUrl, '--rekor-url', rekorUrl];
  const attestation = ['--type', PREDICATE];
  const trust = ['--trusted-root', sigstore.trustedRootFile, '--certificate-oidc-issuer', sigstore.issuerUrl];
  const judging = [...trust, '--certificate-identity', DEFAULT_EMAIL];

  async function onEach(images: readonly StagedImage[], args: readonly string[], signs: boolean): Promise<void> {
    // One token for all: nobody is made to wait for the issuer.
    const token = signs ? await (await fetch(sigstore.tokenUrl)).text() : undefined;
    const env = { ...environment, ...(token === undefined ? {} : { SIGSTORE_ID_TOKEN: token }) };
    await pMap(
      images,
      ({ path, digest }) =>
        run(program, [...args, '--allow-http-registry', `${registry.host}/${path}@${digest}`], { env, cwd: directory }),
      { concurrency: sideBySide },
    );
  }

  return {
    sign: (images) => onEach(images, ['sign', '-y', ...services], true),
    signLegacy: (images) => onEach(images, ['sign', '-y', ...legacy, ...legacyServices], true),
    attest: (images) =>
      onEach(images, ['attest', '-y', ...attestation, '--predicate', predicateFile, ...services], true),
    async verify(images) {
      await onEach(images, ['verify', ...judging], false);
      await onEach(images, ['verify-attestation', ...attestation, ...judging], false);
    },
  };
}
