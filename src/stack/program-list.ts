import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { PromoterError } from '../errors.ts';
import { readYamlFile } from '../yaml-file.ts';

const GROUPS = ['core', 'light', 'full', 'judge', 'buckets', 'observe', 'deploy', 'peers'] as const;

const listSchema = z.strictObject({
  go: z.string().regex(/^\d+\.\d+$/, 'must be a Go version such as 1.26'),
  programs: z.record(
    z.string().regex(/^[a-z][a-z0-9-]*$/),
    z.strictObject({
      package: z.string(),
      module: z.string().optional(),
      version: z.string().regex(/^v\d+\.\d+\.\d+$/, 'must be an exact version such as v1.2.3'),
      binary: z.string().optional(),
      tags: z.array(z.string()).default([]),
      environment: z.string().regex(/^[A-Z][A-Z0-9_]*$/),
      onPath: z.string().optional(),
      groups: z.array(z.enum(GROUPS)).min(1),
      purpose: z.string(),
    }),
  ),
});

/** A program of somebody else's, as `tools/programs.yaml` pins it. */
export interface Program {
  /** What this project calls it, and the file name it gets in the folder of tools. */
  readonly name: string;
  readonly package: string;
  /** The package's module, where `go install package@version` refuses it: it replaces or excludes dependencies. */
  readonly module: string | undefined;
  readonly version: string;
  /** The name of the binary that `go install` writes. */
  readonly binary: string;
  /** Go build tags. */
  readonly tags: readonly string[];
  /** The environment variable that overrides every other way to find it. */
  readonly environment: string;
  /** What it is called on PATH, where no other program goes by that name. */
  readonly onPath: string | undefined;
  readonly groups: readonly string[];
  readonly purpose: string;
}

export interface ProgramList {
  /** The oldest Go that builds all of them, as `1.26`. */
  readonly go: string;
  readonly programs: readonly Program[];
}

/**
 * Reads `tools/programs.yaml`.
 *
 * @throws PromoterError `ConfigInvalid` with file and line
 */
export async function readProgramList(file = join(packageRoot(), 'tools/programs.yaml')): Promise<ProgramList> {
  const { go, programs } = await readYamlFile(file, listSchema);
  return {
    go,
    programs: Object.entries(programs).map(([name, program]) => ({
      ...program,
      name,
      module: program.module,
      binary: program.binary ?? name,
      onPath: program.onPath,
    })),
  };
}

/**
 * The programs that names and groups stand for, each once, in the order of the list.
 *
 * @throws PromoterError `UsageInvalid` for a word that is neither
 */
export function selectPrograms(list: ProgramList, wanted: readonly string[]): readonly Program[] {
  for (const word of wanted) {
    if (list.programs.some((program) => program.name === word || program.groups.includes(word))) continue;
    const names = list.programs.map((program) => program.name).join(', ');
    throw new PromoterError(
      'UsageInvalid',
      `'${word}' is neither a program nor a group of tools/programs.yaml; groups: ${GROUPS.join(', ')}; programs: ${names}`,
    );
  }
  return list.programs.filter(({ name, groups }) => wanted.includes(name) || groups.some((g) => wanted.includes(g)));
}

/** The folder that programs are installed into: `tools/bin` of a checkout, the user's cache for an installed package. */
export function toolsFolder(): string {
  const root = packageRoot();
  if (existsSync(join(root, 'src'))) return join(root, 'tools/bin');
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'image-promoter', 'bin');
}

/** The folder of `package.json`, from the sources as well as from what is built out of them. */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
