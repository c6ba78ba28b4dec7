// Signs and attests images with this program and with cosign, on one Sigstore and one registry, in turn, in one run.
import { parseArgs } from 'node:util';
import { PromoterError } from '../src/errors.ts';
import { renderTable } from '../src/client/text-table.ts';
import { openCosign } from './signing/cosign.ts';
import { addCounts } from '../src/activities/counts.ts';
import { endedChildrenCpu, measure, processCpu, type Measurement } from './signing/meters.ts';
import { phaseSeconds, startPromoter } from './signing/promoter.ts';
import { setStage, type Stage } from './signing/stage.ts';

interface Contest {
  readonly images: number;
  readonly sideBySide: number;
  readonly profileDirectory: string | undefined;
}

interface Contestant {
  readonly name: string;
  /** Signatures and attestations of each image. */
  readonly perImage: number;
  readonly took: Measurement;
}

/** So many of each side's images are shown to cosign afterwards. */
const SAMPLE = 10;

const { values } = parseArgs({
  options: {
    images: { type: 'string', default: '200' },
    'side-by-side': { type: 'string', default: '50' },
    'cpu-prof': { type: 'string' },
  },
});
const contest = {
  images: count('images', values.images),
  sideBySide: count('side-by-side', values['side-by-side']),
  profileDirectory: values['cpu-prof'],
};
const stage = await setStage();
try {
  const ours = await ourTurn(stage, contest);
  const theirs = await cosignsTurn(stage, contest);
  process.stdout.write(tableOf(contest, [...ours, ...theirs]));
} finally {
  await stage.stop();
}

async function ourTurn(stage: Stage, { images: count, sideBySide, profileDirectory }: Contest): Promise<Contestant[]> {
  const images = await stage.pushImages('staging', count);
  const promoter = await startPromoter(stage, { images, maxSignatureOps: sideBySide, profileDirectory });
  try {
    // Everything is in production before the clock starts: what is left to the run is to sign and attest.
    await promoter.promote();
    let seconds = 0;
    const whole = await measure(
      stage,
      () => processCpu(promoter.pid),
      async () => {
        const report = await promoter.sign();
        const { signed = 0, attested = 0 } = report.signatures ?? {};
        if (report.outcome !== 'done' || report.copied.edges > 0 || signed !== count || attested !== count) {
          throw new PromoterError('StackFailed', `the run did not go as planned: ${JSON.stringify(report)}`);
        }
        seconds = phaseSeconds(report, ['sign', 'attest']);
      },
    );
    const promoted = images.map((image) => ({ ...image, path: image.path.replace('staging/', 'production/') }));
    await (await openCosign(stage, 4)).verify(promoted.slice(0, SAMPLE));
    return [
      { name: 'promoter: .sig, bundle, attestation (whole run)', perImage: 3, took: whole },
      { name: 'promoter: its phases Sign and Attest', perImage: 3, took: { ...whole, seconds } },
    ];
  } finally {
    await promoter.stop();
  }
}

async function cosignsTurn(stage: Stage, { images: count, sideBySide }: Contest): Promise<Contestant[]> {
  const images = await stage.pushImages('cosign', count);
  const cosign = await openCosign(stage, sideBySide);
  const turn = (work: () => Promise<void>): Promise<Measurement> => measure(stage, endedChildrenCpu, work);
  const signed = await turn(() => cosign.sign(images));
  const attested = await turn(() => cosign.attest(images));
  const signedLegacy = await turn(() => cosign.signLegacy(images));
  await (await openCosign(stage, 4)).verify(images.slice(0, SAMPLE));
  const both = addCounts(signed, attested);
  return [
    { name: 'cosign sign: bundle', perImage: 1, took: signed },
    { name: 'cosign sign, attest: bundle, attestation', perImage: 2, took: both },
    { name: 'cosign sign twice, attest: .sig, bundle, attestation', perImage: 3, took: addCounts(both, signedLegacy) },
  ];
}

function tableOf({ images, sideBySide }: Contest, contestants: readonly Contestant[]): string {
  const [ours] = contestants;
  const header = [
    '',
    'wall s',
    'images/s',
    'signatures/s',
    'signer CPU s',
    'services CPU s',
    'log entries',
    'requests',
    'time',
  ];
  const rows = contestants.map(({ name, perImage, took }) => [
    name,
    took.seconds.toFixed(1),
    (images / took.seconds).toFixed(1),
    ((images * perImage) / took.seconds).toFixed(1),
    took.signerCpu.toFixed(1),
    took.serviceCpu.toFixed(1),
    String(took.logEntries),
    String(took.requests),
    `× ${(took.seconds / (ours?.took.seconds ?? Number.NaN)).toFixed(2)}`,
  ]);
  const verified = `cosign verify and cosign verify-attestation accepted ${Math.min(SAMPLE, images)} images of each side.`;
  return `${images} images, ${sideBySide} side by side\n\n${renderTable(header, rows)}\n${verified}\n`;
}

function count(name: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new PromoterError('RequestInvalid', `--${name} is '${text}', not a whole number from 1`);
}
