import assert from 'node:assert/strict';
import type { PromotionReport } from '../../src/workflows/messages.ts';
import { startProduction, type Production } from './production.ts';
import type { FaultRule } from './registry-proxy-faults.ts';
import { runScript, type RunningScript } from './script.ts';

/** What `--json` prints of a run. */
export interface RunDocument {
  readonly workflowId: string;
  readonly outcome: string;
  readonly exitCode: number;
  readonly report: PromotionReport;
  readonly plan?: readonly unknown[];
  readonly failure?: { readonly code: string; readonly message: string };
}

/** A production, and the command line that promotes it. */
export interface CommandTrial {
  readonly production: Production;
  /** Flags that say where the work is done; given to every command. */
  where: readonly string[];
  start(...args: readonly string[]): RunningScript;
  promoter(...args: readonly string[]): RunningScript['ended'];
  /** `cip` with the production's manifests, without signing. */
  cipArguments(...args: readonly string[]): readonly string[];
  cip(...args: readonly string[]): RunningScript['ended'];
  /** On all mirrors. */
  setFaults(rules: readonly FaultRule[]): void;
  assertArrived(): Promise<void>;
  /** Requests to mirrors that change something, or try to. */
  writes(): number;
  stop(): Promise<void>;
}

/** Permanent, so that a phase fails at once. */
export const REFUSED: readonly FaultRule[] = [{ action: { status: 403, code: 'DENIED' } }];

/** Starts a production of a few images and two mirrors. */
export async function startCommandTrial(images: number): Promise<CommandTrial> {
  const production = await startProduction({ images, mirrors: 2 });
  const trial: CommandTrial = {
    production,
    where: [],
    start: (...args) => runScript('src/client/main.ts', [...args, ...trial.where]),
    promoter: (...args) => trial.start(...args).ended,
    cipArguments: (...args) => ['cip', '--thin-manifest-dir', production.directory, '--sign=false', ...args],
    cip: (...args) => trial.promoter(...trial.cipArguments(...args)),
    setFaults: (rules) => production.mirrors.forEach((mirror) => mirror.setFaults(rules)),
    async assertArrived() {
      for (const mirror of production.mirrors) assert.deepEqual(await production.missing(mirror), []);
    },
    writes: () =>
      production.mirrors.flatMap((mirror) => mirror.log()).filter(({ method }) => method !== 'GET' && method !== 'HEAD')
        .length,
    stop: () => production.stop(),
  };
  return trial;
}

/** Resolves once a command has said something. */
export async function says({ child, ended }: RunningScript, pattern: RegExp): Promise<void> {
  let said = '';
  const heard = new Promise<void>((resolve) => {
    child.stderr?.on('data', (text: Buffer) => {
      said += text.toString();
      if (pattern.test(said)) resolve();
    });
  });
  await Promise.race([heard, ended.then(({ exit }) => assert.fail(`it ended with ${exit} and said only: ${said}`))]);
}
