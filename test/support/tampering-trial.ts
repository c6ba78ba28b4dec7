import assert from 'node:assert/strict';
import { parseRepository } from '../../src/reference.ts';
import type { RepositoryName } from '../../src/reference.ts';
import type { Descriptor } from '../../src/registry/registry.ts';
import { policyOfFlags } from '../../src/signing/identity-policy.ts';
import { signDigest } from '../../src/signing/sign-digest.ts';
import type { SigningContext } from '../../src/signing/signing-context.ts';
import { verifyImage } from '../../src/signing/verify-image.ts';
import { startSigningStack } from './signing-stack.ts';
import type { SigningStack } from './signing-stack.ts';
import { readBundles, readLegacyLayer } from './tampering.ts';
import type { LegacyLayer } from './tampering.ts';

export const EMAIL = 'krel-trust@example.test';
export const IDENTITY = 'registry.k8s.io/test/app';
const ANNOTATIONS = { team: 'release' };

/** An image and the parts of its signatures, to be taken apart. */
export interface SignedImage {
  readonly subject: Descriptor;
  readonly legacy: LegacyLayer;
  readonly bundle: unknown;
}

/** How a verifier is asked, where the tampering is in the question. */
export interface Question {
  readonly email?: string;
  readonly issuer?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export type CosignVersion = 2 | 3;

/** Three signed images, and judges for what is made of their parts. */
export interface TamperingTrial {
  readonly stack: SigningStack;
  readonly context: SigningContext;
  /** Signed by us: the image that is tampered with, and another one; and one signed by somebody else. */
  readonly image: SignedImage;
  readonly other: SignedImage;
  readonly stranger: SignedImage;
  /** A new repository that holds the image and nothing else. */
  bareRepository(): Promise<RepositoryName>;
  /** Fails unless we and these cosigns come to the expected judgement. */
  expectJudgement(
    repository: RepositoryName,
    expected: 'accepted' | 'refused',
    question: Question | undefined,
    cosigns: readonly CosignVersion[],
  ): Promise<void>;
}

/** Starts the services and signs the three images. */
export async function startTamperingTrial(rekorV2: boolean): Promise<TamperingTrial> {
  const stack = await startSigningStack();
  const context = await stack.signingAs(EMAIL, { rekorV2 });
  // The first entry of a log has no proof of inclusion to tamper with.
  await makeSigned(stack, context, 'first');
  const image = await makeSigned(stack, context, 'one');
  const other = await makeSigned(stack, context, 'two');
  const stranger = await makeSigned(stack, await stack.signingAs('alien@example.test', { rekorV2 }), 'alien');
  let repositories = 0;
  return {
    stack,
    context,
    image,
    other,
    stranger,
    bareRepository: () => {
      repositories += 1;
      return copyBare(stack, image.subject, parseRepository(`${stack.distribution}/tampered/${repositories}`));
    },
    async expectJudgement(repository, expected, question = {}, cosigns) {
      const accepted = expected === 'accepted';
      assert.equal(await weAccept(stack, context, repository, image, question), accepted, 'our judgement');
      for (const version of cosigns) {
        const judged = await cosignAccepts(stack, version, repository, image, question);
        assert.equal(judged, accepted, `cosign ${version}'s judgement`);
      }
    },
  };
}

async function makeSigned(stack: SigningStack, context: SigningContext, label: string): Promise<SignedImage> {
  const repository = repositoryOf(stack, label);
  const subject = await stack.pushImage(repository);
  const signed = await signDigest(context, { repository, subject, identity: IDENTITY, annotations: ANNOTATIONS });
  const [bundle] = await readBundles(stack.registry, repository, subject);
  const legacy =
    signed.legacy === 'impossible'
      ? { payload: Buffer.alloc(0), annotations: {} }
      : await readLegacyLayer(stack.registry, repository, subject);
  return { subject, legacy, bundle };
}

function repositoryOf(stack: SigningStack, label: string): RepositoryName {
  return parseRepository(`${stack.distribution}/made/${label}`);
}

async function copyBare(
  { registry, ...stack }: SigningStack,
  subject: Descriptor,
  to: RepositoryName,
): Promise<RepositoryName> {
  const from = repositoryOf({ registry, ...stack }, 'one');
  const content = await registry.getManifest(from, subject.digest);
  assert.ok(content);
  const { config, layers } = JSON.parse(Buffer.from(content.bytes).toString()) as {
    config: Descriptor;
    layers: Descriptor[];
  };
  for (const { digest } of [config, ...layers]) await registry.mountBlob(to, digest, from);
  await registry.putManifest(to, subject.digest, content);
  return to;
}

async function weAccept(
  { registry, sigstore }: SigningStack,
  { trust }: SigningContext,
  repository: RepositoryName,
  { subject }: SignedImage,
  { email = EMAIL, issuer = sigstore.issuerUrl, annotations = ANNOTATIONS }: Question,
): Promise<boolean> {
  const policy = policyOfFlags({ certificateIdentity: email, certificateOidcIssuer: issuer });
  const place = { registry, repository, digest: subject.digest };
  const [verdict, ...more] = await verifyImage({ ...place, trust, policy, claims: { annotations } });
  assert.ok(verdict !== undefined && more.length === 0);
  assert.notEqual(verdict.reason, '');
  return verdict.status === 'verified';
}

async function cosignAccepts(
  stack: SigningStack,
  version: CosignVersion,
  repository: RepositoryName,
  { subject }: SignedImage,
  { email = EMAIL, issuer, annotations = ANNOTATIONS }: Question,
): Promise<boolean> {
  const flags = [
    '--offline',
    ...(issuer === undefined ? [] : ['--certificate-oidc-issuer', issuer]),
    ...Object.entries(annotations).flatMap(([name, value]) => ['-a', `${name}=${value}`]),
  ];
  return (await stack.cosignVerify(version, `${repository}@${subject.digest}`, email, flags)).approved;
}
