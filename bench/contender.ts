import type { Measured } from './measured.ts';
import type { WorkFiles } from './work/files.ts';

/** Variables with which this program's commands reach what has been started. */
export type Environment = Readonly<Record<string, string>>;

/** What a run gets to work with. */
export interface Trial {
  readonly files: WorkFiles;
  /** Empty, and its own. */
  readonly folder: string;
  readonly timeoutMs: number;
  /** What is started here is ready, and what has been asked of the registries so far does not count. */
  readonly begin: (environment?: Environment) => Promise<void>;
}

/** A tool that can do the work. */
export interface Contender {
  readonly name: string;
  /** Does the work; calls `begin` when it is ready to. */
  run(trial: Trial): Promise<Measured>;
  /** Ends what it has started for all of its runs. */
  close?(): Promise<void>;
}
