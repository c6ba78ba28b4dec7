import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { PromoterError } from '../errors.ts';
import { type InstallProgress, installProgram, isInstalled } from './go-install.ts';
import { type Program, type ProgramList, readProgramList, selectPrograms, toolsFolder } from './program-list.ts';

export interface FindOptions {
  /** Told while a program is being built; by default a line on stderr now and then. */
  readonly onProgress?: (progress: InstallProgress) => void;
}

/** Finds a program and answers with its absolute path; see {@link findProgram}. */
export type FindProgram = (name: string) => Promise<string>;

/**
 * The path of a program of `tools/programs.yaml`: from its environment variable, else from PATH, else from the folder of
 * tools, where it is built by Go when it is not there yet.
 *
 * @throws PromoterError `ProgramMissing` saying how to get it
 */
export async function findProgram(name: string, options: FindOptions = {}): Promise<string> {
  const list = await readProgramList();
  const program = list.programs.find((candidate) => candidate.name === name);
  if (program === undefined) throw new PromoterError('ProgramMissing', `tools/programs.yaml has no program '${name}'`);
  return (await locate(program)) ?? install(program, list, options.onProgress ?? plainProgress());
}

/**
 * Where a program is, without building it.
 *
 * @throws PromoterError `ProgramMissing` when its environment variable names something that cannot be run
 */
export async function locate(program: Program): Promise<string | undefined> {
  const override = process.env[program.environment];
  if (override !== undefined && override !== '') {
    if (await isExecutable(override)) return override;
    throw new PromoterError(
      'ProgramMissing',
      `${program.environment} is '${override}', which is not a program; unset it, or set it to a build of ${program.package} ${program.version}`,
    );
  }
  if (program.onPath !== undefined) {
    const found = await searchPath(program.onPath);
    if (found !== undefined) return found;
  }
  const folder = toolsFolder();
  return (await isInstalled(program, folder)) ? join(folder, program.name) : undefined;
}

/** Those of the named programs and groups that {@link locate} does not find. */
export async function missingPrograms(list: ProgramList, wanted: readonly string[]): Promise<readonly Program[]> {
  const selected = selectPrograms(list, wanted);
  const found = await Promise.all(selected.map(locate));
  return selected.filter((_, index) => found[index] === undefined);
}

/** Builds a program into the folder of tools. */
export function install(
  program: Program,
  list: ProgramList,
  onProgress: (progress: InstallProgress) => void,
): Promise<string> {
  return installProgram(program, { folder: toolsFolder(), goVersion: list.go, onProgress });
}

const PLAIN_EVERY_SECONDS = 15;

function plainProgress(): (progress: InstallProgress) => void {
  let next = 0;
  return ({ program, state, elapsedSeconds }) => {
    if (elapsedSeconds < next) return;
    next = elapsedSeconds + PLAIN_EVERY_SECONDS;
    process.stderr.write(
      `installing ${program.name} ${program.version} (${program.purpose}): ${state}, ${elapsedSeconds} s\n`,
    );
  };
}

/** The absolute path of a program on PATH. */
export async function searchPath(name: string): Promise<string | undefined> {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of folders) {
    const candidate = join(folder, name);
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
