import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { Command } from 'commander';
import { formatBytes, formatDuration } from '../client/units.ts';
import { PromoterError } from '../errors.ts';
import { createRegistry } from '../registry/client.ts';
import type { PromotionReport } from '../workflows/messages.ts';
import { makeDemoImages, productionRegistries, pushDemoImages, writeDemoManifests } from './demo-images.ts';
import { compareDigests, cosignCommands } from './demo-proof.ts';
import { portsOption, runEntry } from './entry.ts';
import { packageRoot } from './program-list.ts';
import { findProgram } from './programs.ts';
import { type Session, untilInterrupted, withStack } from './session.ts';
import { stackEnvironment } from './worker-process.ts';

/** The fields we read of what `promoter cip --json` prints. */
interface CipResult {
  readonly workflowId: string;
  readonly ui?: string;
  readonly report: PromotionReport;
}

interface DemoOptions {
  readonly state: string;
  readonly ports: 'preferred' | 'free';
  readonly keep?: true;
}

await runEntry(
  new Command('npm run demo --')
    .description('Promote images between registries of this machine, and prove that they arrived.')
    .option('--state <folder>', 'where everything is kept for the next time', join('.promoter', 'demo'))
    .addOption(portsOption())
    .option('--keep', 'leave everything running at the end, until Ctrl-C')
    .action(runDemo),
);

async function runDemo({ state, ports, keep }: DemoOptions): Promise<void> {
  const began = Date.now();
  const onProgress = (line: string): void => say(`  ${line}`);
  say('Starting Temporal, registries, Sigstore and a worker');
  say(`  (what is missing of tools/programs.yaml is built once, into tools/bin)`);
  await withStack({ state, ports, onProgress }, async (session) => {
    say(`  ${formatDuration(Date.now() - began)}`);
    await promoteImages(session);
    say(`\nDone in ${formatDuration(Date.now() - began)}.`);
    if (keep === true) {
      say(`Everything keeps running (${session.stack.file} says where) until Ctrl-C.`);
      await untilInterrupted(session);
    } else {
      say(`Run it again, and nothing is copied: it is all there. To look around afterwards: npm run demo -- --keep`);
    }
  });
}

async function promoteImages(session: Session): Promise<void> {
  const { stack } = session;
  const images = makeDemoImages();
  const manifests = join(stack.stateDirectory, 'manifests');
  const cip = ['cip', '--thin-manifest-dir', relative(packageRoot(), manifests)];
  await step('Pushing images of two platforms to the staging registry', async () => {
    const registry = createRegistry();
    await pushDemoImages(registry, stack, images);
    await registry.close();
    await writeDemoManifests(manifests, stack, images);
    say(`  ${images.length} images at ${stack.registries.staging}; manifests that promote them in ${manifests}`);
  });
  await step('A dry run: what would be promoted', async () => {
    await promoter(session, cip, 'inherit');
  });
  const result = await step('Promoting', async () => {
    const printed = await promoter(session, [...cip, '--confirm', '--json'], 'pipe');
    const outcome = JSON.parse(printed) as CipResult;
    say(`  ${describeRun(outcome.report)}`);
    return outcome;
  });
  await step('Comparing digests with crane', async () => {
    const compared = await compareDigests(await findProgram('crane'), images, productionRegistries(stack));
    for (const { reference, digest } of compared) say(`  ${digest.slice(0, 19)}…  ${reference.split('@')[0]}`);
    say(`  all ${compared.length} are as in staging`);
  });
  await step('Verifying the signature on a mirror', async () => {
    await promoter(session, ['verify', `${productionRegistries(stack).at(-1)}/web:latest`], 'inherit');
  });
  say('\nCosign confirms the signature and the attestation, on a mirror, as long as all this runs (--keep):');
  for (const command of cosignCommands(stack, `${productionRegistries(stack).at(-1)}/web:latest`)) say(`  ${command}`);
  say(
    `\nThe run in Temporal's UI, as long as that runs: ${result.ui ?? `${stack.temporal.uiUrl} (${result.workflowId})`}`,
  );
}

async function step<Result>(title: string, body: () => Promise<Result>): Promise<Result> {
  const began = Date.now();
  say(`\n${title}`);
  const result = await body();
  say(`  ${formatDuration(Date.now() - began)}`);
  return result;
}

/** Runs the command line as a user would. @returns what it printed, when that is piped and not shown */
async function promoter(session: Session, args: readonly string[], stdout: 'inherit' | 'pipe'): Promise<string> {
  say(`  $ npm run -s promoter -- ${args.join(' ')}`);
  const child = spawn(process.execPath, [join('src', 'client', 'main.ts'), ...args], {
    cwd: packageRoot(),
    env: { ...process.env, ...stackEnvironment(session.stack) },
    stdio: ['ignore', stdout, 'inherit'],
    signal: session.interrupted,
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const [printed, [code]] = await Promise.all([child.stdout === null ? '' : text(child.stdout), ended]);
  if (code !== 0) throw new PromoterError('StackFailed', `promoter ${args.join(' ')} ended with exit code ${code}`);
  return printed;
}

function describeRun({ copied, signatures }: PromotionReport): string {
  if (copied.edges === 0) return 'nothing was copied: everything is there already';
  const { edges, manifests, blobs, mounted, bytes } = copied;
  const { signed = 0, attested = 0, handed = 0 } = signatures ?? {};
  return `${edges} edges: ${manifests} manifests and ${blobs} blobs written (${formatBytes(bytes)}), ${mounted} blobs mounted;
  ${signed} signatures and ${attested} attestations made, and ${handed} handed to mirrors`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
