import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RepositoryName } from '../../src/reference.ts';
import { createRegistry } from '../../src/registry/client.ts';
import type { RegistryClient } from '../../src/registry/client-options.ts';
import { createKeyedQueue } from '../../src/registry/keyed-queue.ts';
import { pushReferrer } from '../../src/registry/referrer-push.ts';
import type { Descriptor } from '../../src/registry/registry.ts';
import { createAttachmentLocks } from '../../src/signing/attachment-locks.ts';
import { createIdentityProvider } from '../../src/signing/identity/sources.ts';
import { createKeylessSigner } from '../../src/signing/keyless.ts';
import { createLimits } from '../../src/signing/limits.ts';
import { createServiceClient } from '../../src/signing/service.ts';
import { readSigningConfig, selectServices } from '../../src/signing/signing-config.ts';
import type { SigningContext } from '../../src/signing/signing-context.ts';
import type { Signer } from '../../src/signing/signer.ts';
import { readTrustRoot } from '../../src/signing/trust-root.ts';
import { createWitnesses } from '../../src/signing/witnesses.ts';
import { findProgram } from '../../src/stack/programs.ts';
import { startRegistry } from '../../src/stack/registries.ts';
import { makeImage, makeIndex, pushSample } from '../../src/stack/sample-images.ts';
import { startSigstore } from '../../src/stack/sigstore/sigstore.ts';
import type { SigstoreStack } from '../../src/stack/sigstore/sigstore.ts';
import { startReferrersFront } from './referrers-front.ts';

const run = promisify(execFile);

/** How a judge ended: whether it approved, and all it said. */
export interface Judgement {
  readonly approved: boolean;
  readonly output: string;
}

/** Real Sigstore services, registries with and without the referrers API, and both cosigns to judge with. */
export interface SigningStack {
  readonly sigstore: SigstoreStack;
  readonly registry: RegistryClient;
  /** A registry of the distribution project, without the referrers API. */
  readonly distribution: string;
  /** The same registry behind a front that has it. */
  readonly withReferrers: string;
  /** A context that signs as this e-mail address. */
  signingAs(email: string, changes?: ContextChanges): Promise<SigningContext>;
  /** Uploads a new image; no two are alike. */
  pushImage(repository: RepositoryName): Promise<Descriptor>;
  pushIndex(repository: RepositoryName): Promise<Descriptor>;
  cosign(version: 2 | 3, args: readonly string[]): Promise<Judgement>;
  /** `cosign verify` with nothing but identity and trust. */
  cosignVerify(version: 2 | 3, image: string, email: string, more?: readonly string[]): Promise<Judgement>;
  stop(): Promise<void>;
}

export interface ContextChanges {
  /** Rekor v2 and timestamps instead of Rekor v1. */
  readonly rekorV2?: boolean;
  readonly signer?: Signer;
}

/** Starts everything; some two seconds once the programs are built. */
export async function startSigningStack(): Promise<SigningStack> {
  const directory = await mkdtemp(join(tmpdir(), 'signing-stack-'));
  const [sigstore, distribution] = await Promise.all([
    startSigstore({ profile: 'full', directory: join(directory, 'sigstore') }),
    startRegistry({ name: 'canonical', directory: join(directory, 'registry') }),
  ]);
  const front = await startReferrersFront(distribution.host);
  const registry = createRegistry();
  const queue = createKeyedQueue();
  const service = createServiceClient();
  const trust = await readTrustRoot(sigstore.trustedRootFile);
  const config = await readSigningConfig(sigstore.signingConfigFile);
  let images = 0;

  const stack: SigningStack = {
    sigstore,
    registry,
    distribution: distribution.host,
    withReferrers: front.host,
    async signingAs(email, { rekorV2 = false, signer } = {}) {
      const url = `${sigstore.tokenUrl}?email=${encodeURIComponent(email)}`;
      const logs = config.rekorTlogUrls.filter(({ majorApiVersion }) => !rekorV2 || majorApiVersion === 2);
      const services = selectServices({ ...config, rekorTlogUrls: logs }, new Date());
      return {
        registry,
        pushReferrer: (...push) => pushReferrer(registry, queue, ...push),
        locks: createAttachmentLocks(),
        limits: createLimits(),
        trust,
        witnesses: createWitnesses(service, services),
        signer:
          signer ??
          createKeylessSigner({
            fulcioUrl: sigstore.fulcioUrl,
            identity: createIdentityProvider({ kind: 'url', url }, { environment: {}, service }),
            service,
          }),
      };
    },
    async pushImage(repository) {
      const image = makeImage({ seed: `${process.pid} ${(images += 1)}`, layerSizes: [64] });
      await pushSample(registry, repository, image);
      return { mediaType: image.root.mediaType, digest: image.root.digest, size: image.root.bytes.length };
    },
    async pushIndex(repository) {
      const platforms = ['linux/amd64', 'linux/arm64'];
      const { root, ...rest } = makeIndex({ seed: `${process.pid} ${(images += 1)}`, layerSizes: [64], platforms });
      await pushSample(registry, repository, { root, ...rest });
      return { mediaType: root.mediaType, digest: root.digest, size: root.bytes.length };
    },
    cosign: (version, args) => runCosign(version, args, directory, sigstore),
    cosignVerify: (version, image, email, more = []) =>
      stack.cosign(version, ['verify', ...verifyFlags(sigstore, email), ...more, image]),
    async stop() {
      await Promise.all([front.stop(), registry.close(), sigstore.stop(), distribution.stop()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
  return stack;
}

/** Trust and identity for any `cosign verify…`. */
export function verifyFlags(sigstore: SigstoreStack, email: string): readonly string[] {
  return [
    '--allow-http-registry',
    '--certificate-identity',
    email,
    '--certificate-oidc-issuer',
    sigstore.issuerUrl,
    '--trusted-root',
    sigstore.trustedRootFile,
  ];
}

async function runCosign(
  version: 2 | 3,
  args: readonly string[],
  home: string,
  { legacy }: SigstoreStack,
): Promise<Judgement> {
  const program = await findProgram(version === 2 ? 'cosign2' : 'cosign');
  const env = {
    HOME: home,
    TUF_ROOT: join(home, 'tuf'),
    COSIGN_PASSWORD: 'secret',
    SIGSTORE_ROOT_FILE: legacy.fulcioRootFile,
    SIGSTORE_REKOR_PUBLIC_KEY: legacy.rekorPublicKeyFile,
    SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: legacy.ctLogPublicKeyFile,
  };
  try {
    const { stdout, stderr } = await run(program, [...args], { env, cwd: home, maxBuffer: 64 * 1024 * 1024 });
    return { approved: true, output: `${stdout}\n${stderr}` };
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    return { approved: false, output: `${stdout}\n${stderr}` };
  }
}
