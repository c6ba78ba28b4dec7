import assert from 'node:assert/strict';
import { parseRepository } from '../../src/reference.ts';
import { attestDigest } from '../../src/signing/attest-digest.ts';
import { policyOfFlags } from '../../src/signing/identity-policy.ts';
import { COSIGN_SIGN, PROMOTION } from '../../src/signing/media-types.ts';
import { verifyImage } from '../../src/signing/verify-image.ts';
import { verifyFlags } from '../support/signing-stack.ts';
import { EMAIL, IDENTITY, startTamperingTrial } from '../support/tampering-trial.ts';
import type { CosignVersion, Question, TamperingTrial } from '../support/tampering-trial.ts';
import { edited, flipped, reworded, writeBundle } from '../support/tampering.ts';

const entry = ['verificationMaterial', 'tlogEntries', 0] as const;
const envelope = ['dsseEnvelope'] as const;
const at = (path: readonly (string | number)[], change: (value: never) => unknown) => (bundle: unknown) =>
  edited(bundle, path, change);
const part = (bundle: unknown, path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>((value, name) => (value as Record<string | number, unknown>)[name], bundle);
const foreign =
  (path: readonly (string | number)[], from: 1 | 2) =>
  (...bundles: readonly [unknown, unknown, unknown]) =>
    edited(bundles[0], path, () => part(bundles[from], path));

/** With the versions of cosign that refuse it too, where not all do. */
type BundleCase = readonly [
  string,
  (bundle: unknown, other: unknown, stranger: unknown) => unknown,
  Question?,
  (readonly (2 | 3)[])?,
];

const certificate = ['verificationMaterial', 'certificate', 'rawBytes'] as const;
const common: readonly BundleCase[] = [
  ['another identity', (bundle) => bundle, { email: 'somebody@example.test' }],
  ['another issuer', (bundle) => bundle, { issuer: 'https://accounts.example.test' }],
  // cosign 2 ignores -a for bundles.
  ['another annotation', (bundle) => bundle, { annotations: { team: 'attackers' } }, [3]],
  ["a stranger's bundle", (_bundle, _other, stranger) => stranger],
  ["another image's bundle", (_bundle, other) => other],
  [
    'an edited subject',
    at([...envelope, 'payload'], (payload: string) =>
      reworded(payload, /"sha256":"\w{64}/, `"sha256":"${'0'.repeat(64)}`),
    ),
  ],
  [
    'an edited annotation',
    at([...envelope, 'payload'], (payload: string) => reworded(payload, 'release', 'attackers')),
    { annotations: { team: 'attackers' } },
  ],
  [
    'an edited predicate type',
    at([...envelope, 'payload'], (payload: string) => reworded(payload, 'cosign/sign/v1', 'cosign/sign/v2')),
  ],
  ['an edited payload type', at([...envelope, 'payloadType'], () => 'application/json')],
  ['a signature with a flipped bit', at([...envelope, 'signatures', 0, 'sig'], flipped)],
  ["another image's signature", foreign([...envelope, 'signatures'], 1)],
  ["a stranger's certificate", foreign(certificate, 2)],
  ['a certificate with a flipped bit', at(certificate, flipped)],
  ['no log entry', at(['verificationMaterial', 'tlogEntries'], () => [])],
  ["another image's log entry", foreign(entry, 1)],
  ['an edited inclusion proof', at([...entry, 'inclusionProof', 'hashes', 0], flipped)],
  [
    'an edited checkpoint',
    at([...entry, 'inclusionProof', 'checkpoint', 'envelope'], (text: string) => text.replace(/\n(\d+)\n/, '\n1$1\n')),
  ],
  ['an edited name of the log', at([...entry, 'logId', 'keyId'], flipped)],
];

const timestamps = ['verificationMaterial', 'timestampVerificationData', 'rfc3161Timestamps'] as const;

const withRekorV1: readonly BundleCase[] = [
  ...common,
  [
    'an edited position in the log',
    at([...entry, 'inclusionProof', 'logIndex'], (index: string) => String(Number(index) ^ 1)),
  ],
  ['an edited promise of the log', at([...entry, 'inclusionPromise', 'signedEntryTimestamp'], flipped)],
  ['an edited body of the log entry', at([...entry, 'canonicalizedBody'], flipped)],
  ['an edited time of the log', at([...entry, 'integratedTime'], (time: string) => String(Number(time) + 1))],
];

const withRekorV2: readonly BundleCase[] = [
  ...common,
  // cosign takes the position from the entry and not from its proof.
  [
    'an edited position in the log',
    at([...entry, 'inclusionProof', 'logIndex'], (index: string) => String(Number(index) ^ 1)),
    {},
    [],
  ],
  // cosign makes the body anew from the bundle and does not read this one.
  ['an edited body of the log entry', at([...entry, 'canonicalizedBody'], flipped), {}, []],
  ['no timestamp', at(timestamps, () => [])],
  ["another image's timestamp", foreign(timestamps, 1)],
  ['an edited timestamp', at([...timestamps, 0, 'signedTimestamp'], flipped)],
];

tamperedBundles(
  'a tampered bundle with a Rekor v1 entry, refused by us and by both cosigns',
  withRekorV1,
  false,
  [2, 3],
);
// cosign 2 does not take this format with its default flags.
tamperedBundles(
  'a tampered bundle with a Rekor v2 entry and a timestamp, refused by us and by cosign 3',
  withRekorV2,
  true,
  [3],
);

function tamperedBundles(
  title: string,
  cases: readonly BundleCase[],
  rekorV2: boolean,
  cosigns: readonly CosignVersion[],
): void {
  describe(title, () => {
    let trial: TamperingTrial;
    before(async () => {
      trial = await startTamperingTrial(rekorV2);
    });
    after(() => trial.stack.stop());

    async function judge(
      expected: 'accepted' | 'refused',
      bundle: unknown,
      question?: Question,
      judges: readonly CosignVersion[] = cosigns,
    ): Promise<void> {
      const repository = await trial.bareRepository();
      await writeBundle(trial.context, repository, trial.image.subject, bundle, COSIGN_SIGN);
      await trial.expectJudgement(
        repository,
        expected,
        question,
        judges.filter((version) => cosigns.includes(version)),
      );
    }

    it('is accepted as it is', () => judge('accepted', trial.image.bundle));
    for (const [name, tamper, question, judges] of cases) {
      it(`is refused with ${name}`, () => {
        const { image, other, stranger } = trial;
        return judge('refused', tamper(image.bundle, other.bundle, stranger.bundle), question, judges);
      });
    }

    it('an attestation of another type is not taken for the one that is asked for', async () => {
      const { stack, context } = trial;
      const repository = parseRepository(`${stack.distribution}/made/attested`);
      const subject = await stack.pushImage(repository);
      await attestDigest(context, { repository, subject, identity: IDENTITY, predicateType: PROMOTION, predicate: {} });
      const flags = verifyFlags(stack.sigstore, EMAIL);
      const image = `${repository}@${subject.digest}`;
      const asked = await stack.cosign(3, ['verify-attestation', '--type', 'slsaprovenance1', ...flags, image]);
      assert.equal(asked.approved, false);
      const policy = policyOfFlags({ certificateIdentity: EMAIL, certificateOidcIssuer: stack.sigstore.issuerUrl });
      const place = { registry: stack.registry, repository, digest: subject.digest };
      const [verdict] = await verifyImage({ ...place, trust: context.trust, policy });
      assert.equal(verdict?.kind, 'attestation');
      assert.equal(verdict.statement?.predicateType, PROMOTION);
    });
  });
}
