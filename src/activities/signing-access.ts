import { readFile } from 'node:fs/promises';
import { PromoterError } from '../errors.ts';
import type { RepositoryName } from '../reference.ts';
import type { RegistryClient } from '../registry/client-options.ts';
import { createAttachmentLocks } from '../signing/attachment-locks.ts';
import { googleAccessToken } from '../signing/identity/google.ts';
import { createIdentityProvider, detectIdentitySource, type IdentitySource } from '../signing/identity/sources.ts';
import { canonicalOf, imageIdentity } from '../signing/identity-rewrite.ts';
import { openKeyFile } from '../signing/key-file.ts';
import { createKeylessSigner } from '../signing/keyless.ts';
import { openGoogleKey } from '../signing/kms.ts';
import { createLimits } from '../signing/limits.ts';
import { createServiceClient, type ServiceClient } from '../signing/service.ts';
import type { Signer } from '../signing/signer.ts';
import { readSigningConfig, selectServices, type SigningServices } from '../signing/signing-config.ts';
import { openTrustSource, type TrustSource } from '../signing/trust-source.ts';
import { createWitnesses } from '../signing/witnesses.ts';
import type { SigningSettings } from '../signing-settings.ts';
import type { SignerContext, SigningDependencies } from './dependencies.ts';

/** What a worker signs with, and how it is let go of. */
export interface SigningAccess extends SigningDependencies {
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Opens what a worker verifies and signs with. The trusted root begins to load at once, signer and services when a run
 * first asks for them; neither is ever loaded inside an activity that does something else.
 */
export function openSigning(
  settings: SigningSettings,
  registry: RegistryClient,
  environment: Environment,
  builderId: string,
): SigningAccess {
  const trust = openTrustSource(settings);
  const service = createServiceClient();
  const source = identitySource(settings, environment);
  let opening: Promise<SignerContext> | undefined;
  const open = async (): Promise<SignerContext> => {
    const services = await loadServices(settings, trust);
    return {
      registry,
      pushReferrer: (...call) => registry.pushReferrer(...call),
      locks: createAttachmentLocks(),
      signer: await openSigner(settings, services, source, service, environment),
      witnesses: createWitnesses(service, services),
      limits: createLimits(settings.maxSignatureOps === undefined ? {} : { maxSignatureOps: settings.maxSignatureOps }),
    };
  };
  return {
    trustRoot: async () => (await trust.current()).root,
    ...(settings.key === undefined && source === undefined
      ? {}
      : {
          context: () => {
            opening ??= open().catch((error: unknown) => {
              opening = undefined;
              throw error;
            });
            return opening;
          },
        }),
    identityOf: (repository) => imageIdentity(repository, settings.identities),
    canonicalOf: (repositories) => firstOf(canonicalOf(repositories, settings.canonicalHost)),
    builderId,
    close: () => trust.close(),
  };
}

async function loadServices({ signingConfig }: SigningSettings, trust: TrustSource): Promise<SigningServices> {
  const config =
    signingConfig === undefined ? (await trust.current()).signingConfig : await readSigningConfig(signingConfig);
  if (config === undefined) {
    throw new PromoterError(
      'ConfigInvalid',
      'which services sign is not said: give PROMOTER_SIGNING_CONFIG beside PROMOTER_TRUSTED_ROOT',
    );
  }
  return selectServices(config, new Date());
}

function identitySource(settings: SigningSettings, environment: Environment): IdentitySource | undefined {
  const { identityTokenUrl, signerAccount } = settings;
  if (identityTokenUrl !== undefined) return { kind: 'url', url: identityTokenUrl };
  if (signerAccount !== undefined) return { kind: 'google', signerAccount };
  return detectIdentitySource(environment);
}

async function openSigner(
  { key }: SigningSettings,
  { fulcioUrl }: SigningServices,
  source: IdentitySource | undefined,
  service: ServiceClient,
  environment: Environment,
): Promise<Signer> {
  if (key?.startsWith('gcpkms://') === true) return openGoogleKey(key, { service, accessToken: googleAccessToken() });
  if (key !== undefined) return openKeyFile(await readFile(key, 'utf8'), environment['COSIGN_PASSWORD'] ?? '');
  if (source === undefined || fulcioUrl === undefined) {
    throw new PromoterError(
      'ConfigInvalid',
      'signing without a key takes an identity token and a Fulcio in the signing config',
    );
  }
  return createKeylessSigner({
    fulcioUrl,
    identity: createIdentityProvider(source, { environment, service }),
    service,
  });
}

function firstOf(repository: RepositoryName | undefined): RepositoryName {
  if (repository === undefined)
    throw new PromoterError('RequestInvalid', 'an image without a destination cannot be signed');
  return repository;
}
