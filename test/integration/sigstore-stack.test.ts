import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SerializedBundle } from '@sigstore/bundle';
import { bundleFromJSON, bundleToJSON } from '@sigstore/bundle';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { DSSEBundleBuilder, FulcioSigner, RekorWitness, TSAWitness } from '@sigstore/sign';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { PromoterError } from '../../src/errors.ts';
import { findProgram } from '../../src/stack/programs.ts';
import { type RegistryServer, startRegistry } from '../../src/stack/registries.ts';
import { type SigstoreStack, startSigstore } from '../../src/stack/sigstore/sigstore.ts';

const run = promisify(execFile);

const EMAIL = 'krel@k8s.example';
/** Building what is missing can take minutes. */
const BUILD_TIMEOUT_MS = 30 * 60_000;
const PROGRAMS = ['fulcio', 'timestamp-server', 'rekor-tiles', 'rekor-server', 'distribution', 'cosign', 'cosign2'];
const TRILLIAN = ['trillian-log-server', 'trillian-log-signer'];

async function getToken(stack: SigstoreStack): Promise<string> {
  return (await fetch(`${stack.tokenUrl}?email=${EMAIL}`)).text();
}

/** An attestation as a library that knows nothing of this project makes it: Fulcio, Rekor v1, timestamp authority. */
async function signStatement(stack: SigstoreStack): Promise<SerializedBundle> {
  const signer = new FulcioSigner({
    fulcioBaseURL: stack.fulcioUrl,
    identityProvider: { getToken: () => getToken(stack) },
  });
  const witnesses = [
    new RekorWitness({ rekorBaseURL: stack.rekorV1Url ?? '', entryType: 'dsse' }),
    new TSAWitness({ tsaBaseURL: new URL(stack.tsaUrl).origin }),
  ];
  const bundle = await new DSSEBundleBuilder({ signer, witnesses }).create({
    type: 'application/vnd.in-toto+json',
    data: Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}'),
  });
  return bundleToJSON(bundle);
}

/** Throws unless certificate, its timestamp of the certificate-transparency log, log entry and timestamp all verify. */
async function verifyStatement(bundle: SerializedBundle, stack: SigstoreStack, issuer: string): Promise<void> {
  const root = TrustedRoot.fromJSON(JSON.parse(await readFile(stack.trustedRootFile, 'utf8')));
  const verifier = new Verifier(toTrustMaterial(root), { ctlogThreshold: 1, tlogThreshold: 1, timestampThreshold: 2 });
  const policy = { subjectAlternativeName: new RegExp(`^${EMAIL}$`), extensions: { issuer } };
  verifier.verify(toSignedEntity(bundleFromJSON(bundle)), policy);
}

/** Pushes an image without layers, and answers its reference by digest. */
async function pushImage(registry: RegistryServer, name: string): Promise<string> {
  const repository = `http://${registry.host}/v2/${name}`;
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Labels: { name } } }));
  const configDigest = digestOf(config);
  const upload = await fetch(`${repository}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(upload.headers.get('location') ?? '', repository);
  location.searchParams.set('digest', configDigest);
  const headers = { 'content-type': 'application/octet-stream' };
  assert.equal((await fetch(location, { method: 'PUT', headers, body: config })).status, 201);
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: configDigest, size: config.length },
    layers: [],
  });
  const put = { method: 'PUT', headers: { 'content-type': mediaType }, body: manifest };
  assert.equal((await fetch(`${repository}/manifests/latest`, put)).status, 201);
  return `${registry.host}/${name}@${digestOf(Buffer.from(manifest))}`;
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function openPorts(directory: string): Promise<readonly string[]> {
  const ports = JSON.parse(await readFile(join(directory, 'ports.json'), 'utf8')) as Record<string, number>;
  const open = await Promise.all(
    Object.entries(ports).map(async ([name, port]) => {
      const error = await fetch(`http://127.0.0.1:${port}/`).catch((failure: Error) => failure);
      const refused = error instanceof Error && (error.cause as NodeJS.ErrnoException).code === 'ECONNREFUSED';
      return refused ? [] : [name];
    }),
  );
  return open.flat();
}

describe('Sigstore in the development stack', function () {
  let folder: string;
  let registry: RegistryServer;
  let stack: SigstoreStack;
  let directory: string;
  let bundle: SerializedBundle;
  let environment: NodeJS.ProcessEnv;

  before(async function () {
    this.timeout(BUILD_TIMEOUT_MS);
    for (const name of [...PROGRAMS, ...TRILLIAN]) await findProgram(name);
    folder = await mkdtemp(join(tmpdir(), 'sigstore-stack-'));
    directory = join(folder, 'full');
    registry = await startRegistry({ name: 'images', directory: join(folder, 'registry') });
    stack = await startSigstore({ profile: 'full', directory });
    environment = {
      PATH: process.env['PATH'],
      // cosign keeps what it has fetched from the public good instance there.
      HOME: folder,
      SIGSTORE_ROOT_FILE: stack.legacy.fulcioRootFile,
      SIGSTORE_CT_LOG_PUBLIC_KEY_FILE: stack.legacy.ctLogPublicKeyFile,
      SIGSTORE_REKOR_PUBLIC_KEY: stack.legacy.rekorPublicKeyFile,
    };
    bundle = await signStatement(stack);
  });

  after(async () => {
    await stack.stop();
    await registry.stop();
    await rm(folder, { recursive: true });
  });

  const cosign3 = async (args: readonly string[]): Promise<string> =>
    (await run(await findProgram('cosign'), [...args], { env: { HOME: folder, PATH: process.env['PATH'] } })).stdout;
  const cosign2 = async (args: readonly string[]): Promise<string> =>
    (await run(await findProgram('cosign2'), [...args], { env: environment })).stdout;
  const identity = (): readonly string[] => [
    `--certificate-identity=${EMAIL}`,
    `--certificate-oidc-issuer=${stack.issuerUrl}`,
    '--allow-http-registry',
  ];

  it('signs what @sigstore/verify believes, certificate-transparency and timestamps included', async () => {
    await verifyStatement(bundle, stack, stack.issuerUrl);
    await assert.rejects(verifyStatement(bundle, stack, 'http://127.0.0.1:1'), /issuer/);
  });

  it('is taken by cosign 3 as its trusted root and signing config say', async () => {
    const image = await pushImage(registry, 'signed-by-3');
    const signing = [`--signing-config=${stack.signingConfigFile}`, `--trusted-root=${stack.trustedRootFile}`];
    await cosign3([
      'sign',
      '-y',
      '--allow-http-registry',
      ...signing,
      '--identity-token',
      await getToken(stack),
      image,
    ]);
    await cosign3(['verify', `--trusted-root=${stack.trustedRootFile}`, ...identity(), image]);
    const unsigned = await pushImage(registry, 'unsigned');
    await assert.rejects(
      cosign3(['verify', `--trusted-root=${stack.trustedRootFile}`, ...identity(), unsigned]),
      /no signatures found/,
    );
  });

  it('is taken by cosign 2 with its keys and certificate as files', async () => {
    const image = await pushImage(registry, 'signed-by-2');
    const services = [`--fulcio-url=${stack.fulcioUrl}`, `--rekor-url=${stack.rekorV1Url}`];
    await cosign2([
      'sign',
      '-y',
      '--allow-http-registry',
      ...services,
      '--identity-token',
      await getToken(stack),
      image,
    ]);
    await cosign2(['verify', ...identity(), image]);
  });

  it('runs beside other stacks, which do not believe each other', async () => {
    const others = await Promise.all(
      ['light-1', 'light-2'].map((name) => startSigstore({ profile: 'light', directory: join(folder, name) })),
    );
    try {
      assert.equal(new Set([stack, ...others].map(({ fulcioUrl }) => fulcioUrl)).size, 3);
      for (const other of others) {
        assert.equal(other.rekorV1Url, undefined);
        const image = await pushImage(registry, 'signed-on-version-2');
        const signing = [`--signing-config=${other.signingConfigFile}`, `--trusted-root=${other.trustedRootFile}`];
        const token = await getToken(other);
        await cosign3(['sign', '-y', '--allow-http-registry', ...signing, '--identity-token', token, image]);
        const as = [`--certificate-identity=${EMAIL}`, `--certificate-oidc-issuer=${other.issuerUrl}`];
        const verify = ['verify', '--allow-http-registry', `--trusted-root=${other.trustedRootFile}`, ...as, image];
        await cosign3(verify);
        await assert.rejects(verifyStatement(bundle, other, stack.issuerUrl));
      }
    } finally {
      await Promise.all(others.map((other) => other.stop()));
    }
  });

  it('leaves no process, port or socket when it stops, and still believes its signatures after the next start', async () => {
    const pids = stack.processes.map(({ pid }) => pid);
    assert.ok(pids.length >= 7 && pids.every(isRunning));
    const authority = stack.processes.find(({ name }) => name === 'the timestamp authority');
    const { stdout } = await run('ps', ['-o', 'args=', '-p', String(authority?.pid)]);
    const socket = /--socket-path=(\S+)/.exec(stdout)?.[1] ?? '';
    assert.ok(existsSync(socket));

    await stack.stop();
    assert.deepEqual(pids.filter(isRunning), []);
    assert.deepEqual(await openPorts(directory), []);
    assert.ok(!existsSync(socket));

    const { issuerUrl } = stack;
    stack = await startSigstore({ profile: 'full', directory });
    assert.equal(stack.issuerUrl, issuerUrl);
    await verifyStatement(bundle, stack, issuerUrl);
    await verifyStatement(await signStatement(stack), stack, issuerUrl);
  });

  it('stops what runs already when a program does not start, and shows its last words', async () => {
    const broken = join(folder, 'broken');
    const start = startSigstore({
      profile: 'light',
      directory: broken,
      findProgram: async (name) => (name === 'rekor-tiles' ? '/bin/false' : findProgram(name)),
    });
    await assert.rejects(
      start,
      (error: unknown) =>
        error instanceof PromoterError && error.code === 'StackFailed' && error.message.includes('Rekor v2'),
    );
    assert.deepEqual(await openPorts(broken), []);
  });
});
