import { CERTIFICATE_ANNOTATION, LOG_ANNOTATION, SIGNATURE_ANNOTATION } from '../../src/signing/media-types.ts';
import { IDENTITY, startTamperingTrial } from '../support/tampering-trial.ts';
import type { Question, TamperingTrial } from '../support/tampering-trial.ts';
import { edited, flipped, reworded, writeLegacyLayer } from '../support/tampering.ts';
import type { LegacyLayer } from '../support/tampering.ts';

const log = (change: (log: never) => unknown) => (layer: LegacyLayer) => ({
  ...layer,
  annotations: {
    ...layer.annotations,
    [LOG_ANNOTATION]: JSON.stringify(change(JSON.parse(layer.annotations[LOG_ANNOTATION] ?? '') as never)),
  },
});
const annotated = (name: string, value: string) => (layer: LegacyLayer) => ({
  ...layer,
  annotations: { ...layer.annotations, [name]: value },
});
const without = (name: string) => (layer: LegacyLayer) => ({
  ...layer,
  annotations: Object.fromEntries(Object.entries(layer.annotations).filter(([key]) => key !== name)),
});
const payload = (from: string, to: string) => (layer: LegacyLayer) => ({
  ...layer,
  payload: Buffer.from(reworded(layer.payload.toString('base64'), from, to), 'base64'),
});
const pem = (text: string) =>
  text.replace(
    /(-----BEGIN CERTIFICATE-----\n)([^-]+)/,
    (_, head: string, body: string) => head + flipped(body) + '\n',
  );

const cases: readonly (readonly [
  string,
  (layer: LegacyLayer, other: LegacyLayer, stranger: LegacyLayer) => LegacyLayer,
  Question?,
])[] = [
  ['another identity', (layer) => layer, { email: 'somebody@example.test' }],
  ['another issuer', (layer) => layer, { issuer: 'https://accounts.example.test' }],
  ['another annotation', (layer) => layer, { annotations: { team: 'attackers' } }],
  ["a stranger's signature", (_layer, _other, stranger) => stranger],
  ['an edited name in the payload', payload(IDENTITY, 'registry.k8s.io/test/evil')],
  ['an edited type in the payload', payload('cosign container image signature', 'atomic container signature')],
  ['an edited annotation in the payload', payload('release', 'attackers'), { annotations: { team: 'attackers' } }],
  ["another image's signature", (_layer, other) => other],
  [
    'a signature with a flipped bit',
    (layer) => annotated(SIGNATURE_ANNOTATION, flipped(layer.annotations[SIGNATURE_ANNOTATION] ?? ''))(layer),
  ],
  ['no signature', annotated(SIGNATURE_ANNOTATION, '')],
  [
    "a stranger's certificate",
    (layer, _other, stranger) =>
      annotated(CERTIFICATE_ANNOTATION, stranger.annotations[CERTIFICATE_ANNOTATION] ?? '')(layer),
  ],
  [
    'a certificate with a flipped bit',
    (layer) => annotated(CERTIFICATE_ANNOTATION, pem(layer.annotations[CERTIFICATE_ANNOTATION] ?? ''))(layer),
  ],
  ['no log entry', without(LOG_ANNOTATION)],
  [
    "another image's log entry",
    (layer, other) => annotated(LOG_ANNOTATION, other.annotations[LOG_ANNOTATION] ?? '')(layer),
  ],
  ['an edited promise of the log', log((one) => edited(one, ['SignedEntryTimestamp'], flipped))],
  ['an edited time of the log', log((one) => edited(one, ['Payload', 'integratedTime'], (time: number) => time + 1))],
  ['an edited index of the log', log((one) => edited(one, ['Payload', 'logIndex'], (index: number) => index + 1))],
  ['an edited name of the log', log((one) => edited(one, ['Payload', 'logID'], (id: string) => `00${id.slice(2)}`))],
  [
    'an edited body of the log entry',
    log((one) => edited(one, ['Payload', 'body'], (body: string) => reworded(body, '0.0.1', '0.0.2'))),
  ],
];

describe('a tampered .sig, refused by us and by both cosigns', () => {
  let trial: TamperingTrial;
  before(async () => {
    trial = await startTamperingTrial(false);
  });
  after(() => trial.stack.stop());

  async function judge(expected: 'accepted' | 'refused', layer: LegacyLayer, question?: Question): Promise<void> {
    const repository = await trial.bareRepository();
    await writeLegacyLayer(trial.stack.registry, repository, trial.image.subject, layer);
    await trial.expectJudgement(repository, expected, question, [2, 3]);
  }

  it('is accepted as it is', () => judge('accepted', trial.image.legacy));
  for (const [name, tamper, question] of cases) {
    it(`is refused with ${name}`, () => {
      const { image, other, stranger } = trial;
      return judge('refused', tamper(image.legacy, other.legacy, stranger.legacy), question);
    });
  }
});
